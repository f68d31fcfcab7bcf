/**
 * Light, dark, or as the system has it. A file of its own that runs before anything is drawn, so that no page ever
 * flashes in the wrong theme.
 */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'queuectl.theme'

export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === kept) ?? 'system'
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
    return 'system'
  }
}

export function showTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset.theme
  else dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  showTheme(theme)
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // As above.
  }
  document.dispatchEvent(new Event('themechange'))
}
