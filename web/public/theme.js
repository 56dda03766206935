// Runs before anything is painted: no flash of the wrong theme. "system" follows the machine, also later.
;(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    let chosen = 'system'
    try {
      chosen = localStorage.getItem('rouse.theme') ?? 'system'
    } catch {
      // storage may be forbidden: then the system decides
    }
    document.documentElement.dataset.theme = chosen === 'system' ? (dark.matches ? 'dark' : 'light') : chosen
  }
  apply()
  dark.addEventListener('change', apply)
  addEventListener('rouse:theme', apply)
})()
