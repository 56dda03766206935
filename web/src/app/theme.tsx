import { useSyncExternalStore } from 'react'

export const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]
export const themeWords: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' }

const changed = 'rouse:theme'

function chosen(): Theme {
  try {
    return themes.find((t) => t === localStorage.getItem('rouse.theme')) ?? 'system'
  } catch {
    return 'system' // storage may be forbidden
  }
}

/** Light or dark; /theme.js, which hears of it, applies it before anything is painted. */
export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem('rouse.theme', theme)
  } catch {
    // then the system decides
  }
  dispatchEvent(new Event(changed))
}

function subscribe(listener: () => void): () => void {
  addEventListener(changed, listener)
  return () => removeEventListener(changed, listener)
}

export function ThemeSwitch() {
  const theme = useSyncExternalStore(subscribe, chosen)
  return (
    <select aria-label="Colours" value={theme} onChange={(e) => chooseTheme(e.target.value as Theme)} className="min-h-9 bg-transparent text-muted xl:mr-2">
      {themes.map((t) => (
        <option key={t} value={t} className="bg-ground text-text">
          {themeWords[t]}
        </option>
      ))}
    </select>
  )
}
