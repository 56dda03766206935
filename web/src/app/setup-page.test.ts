import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { fireEvent } from '@testing-library/react'
import { expect, test } from 'vitest'

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../../internal/adapters/httpapi/pages', name), 'utf8')

test('a time zone that there is not is said before the form is sent, and so before the password is lost', () => {
  document.body.innerHTML = /\{\{define "setup"\}\}.*?(<form.*?<\/form>)/s.exec(page('page.html'))?.[1]?.replaceAll(/\{\{.*?\}\}/g, '') ?? ''
  new Function(page('setup.js'))()
  const zone = document.querySelector<HTMLInputElement>('[name=time_zone]')!
  expect(zone.value).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone)
  fireEvent.input(zone, { target: { value: 'Europe/Madird' } })
  expect(zone.validationMessage).toContain('There is no such time zone')
  for (const good of ['Europe/Madrid', '']) {
    fireEvent.input(zone, { target: { value: good } })
    expect(zone.validity.valid).toBe(true)
  }
})
