/** The theme: light, dark, or that of the system. Applied before anything is drawn, so that no page flashes. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'queuectl.theme'

export function storedTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === kept) ?? 'system'
  } catch {
    // Storage may be forbidden; then the choice lasts until the page is closed.
    return 'system'
  }
}

export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset.theme
  else dataset.theme = theme
}

export function setTheme(theme: Theme): void {
  applyTheme(theme)
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Storage may be forbidden; the theme is applied anyway.
  }
  document.dispatchEvent(new Event('themechange'))
}
