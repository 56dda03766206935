import { useEffect } from 'react'

let page: string | undefined
let badge = ''

function show(): void {
  document.title = `${badge}${page === undefined ? '' : `${page} · `}Rouse`
}

/** What the page is called, while it is there. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    page = title
    show()
    return () => {
      page = undefined
      show()
    }
  }, [title])
}

/** What stands before it, on every page: "(3) ". */
export function useTitleBadge(text: string): void {
  useEffect(() => {
    badge = text
    show()
  }, [text])
}
