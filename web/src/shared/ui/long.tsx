import { useState } from 'react'

const much = 400

/** A text that somebody else wrote; of a long one the beginning, and the rest where it is wanted. */
export function Long({ text }: { text: string }) {
  const [all, show] = useState(false)
  if (text.length <= much) return <bdi>{text}</bdi>
  return (
    <>
      <bdi className={all ? '' : 'line-clamp-4'}>{text}</bdi>{' '}
      <button type="button" aria-expanded={all} className="min-h-9 font-normal text-text underline" onClick={() => show(!all)}>
        {all ? 'Show less' : 'Show all'}
      </button>
    </>
  )
}
