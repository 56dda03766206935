/** What fits the words: all of them, anywhere. */
export function matching<T>(list: T[], words: string, textOf: (t: T) => string): T[] {
  const all = words.toLowerCase().split(/\s+/).filter(Boolean)
  return list.filter((o) => all.every((w) => textOf(o).toLowerCase().includes(w)))
}
