/** Applies the theme before the page is drawn. A file of its own, so that it stays a few bytes. */
import { storedTheme, applyTheme } from './theme.ts'

applyTheme(storedTheme())
