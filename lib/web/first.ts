/** What must have run before the page is drawn: the theme. Kept apart so that it is a few bytes. */
import { chosenTheme, showTheme } from './theme.ts'

showTheme(chosenTheme())
