import { useState } from 'react'

import { Button } from './button'

/** Text to take elsewhere: all of it by one button. */
export function Snippet({ label, text }: { label: string; text: string }) {
  const [said, say] = useState('')
  const copy = () => {
    // Over plain http a browser has no clipboard for us: then the text is there to be selected.
    const done = navigator.clipboard === undefined ? Promise.reject(new Error('no clipboard')) : navigator.clipboard.writeText(text)
    done.then(
      () => say('Copied'),
      () => say('Select it and copy'),
    )
  }
  return (
    <figure className="min-w-0 rounded-md border border-line">
      <figcaption className="flex items-center gap-2 border-b border-line bg-surface pl-3">
        <span className="grow truncate font-medium">{label}</span>
        <span role="status" className="text-xs text-muted">
          {said}
        </span>
        <Button look="quiet" onClick={copy} aria-label={`Copy: ${label}`}>
          Copy
        </Button>
      </figcaption>
      <pre tabIndex={0} role="region" aria-label={label} className="overflow-x-auto p-3 font-mono text-xs leading-5 whitespace-pre">
        {text}
      </pre>
    </figure>
  )
}
