import { Popover } from '@base-ui/react/popover'
import { useState } from 'react'

import { Button } from '@/shared/ui/button'
import { Field } from '@/shared/ui/field'
import { filtersSet } from './search'
import { useViews, type Props } from './views'

/** The list of them, and a field by which the filters of now get a name. */
export function SavedViews({ filters, show, wanted }: Props & { wanted: boolean }) {
  const [views, keep] = useViews()
  const [name, call] = useState('')
  const save = () => {
    keep([...views.filter((v) => v.name !== name), { name, filters }])
    call('')
  }
  const used = views.some((v) => v.name === name)
  return (
    <Popover.Root defaultOpen={wanted}>
      <Popover.Trigger render={<Button />}>Views</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-30">
          <Popover.Popup data-over="" className="w-72 rounded-md border border-line bg-ground p-3 shadow-xl">
            <Popover.Title className="font-semibold">Saved views</Popover.Title>
            <ul className="my-2">
              {views.map((v) => (
                <li key={v.name} className="flex">
                  <Popover.Close render={<Button look="quiet" className="min-w-0 grow justify-start" />} onClick={() => show(v.filters)}>
                    <bdi className="truncate">{v.name}</bdi>
                  </Popover.Close>
                  <Button look="quiet" aria-label={`Forget ${v.name}`} onClick={() => keep(views.filter((o) => o !== v))}>
                    ✕
                  </Button>
                </li>
              ))}
            </ul>
            {filtersSet(filters) === 0 ? null : (
              <form
                className="flex flex-wrap items-end gap-2"
                onSubmit={(e) => {
                  e.preventDefault()
                  if (name !== '') save()
                }}
              >
                <Field label="Save this one as" hint={used ? 'There is one of this name' : undefined} value={name} maxLength={60} onChange={(e) => call(e.target.value)} className="min-w-0 grow" />
                <Button type="submit" why={name === '' ? 'Give it a name first' : undefined} onClick={undefined}>
                  {used ? 'Replace' : 'Save'}
                </Button>
              </form>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
