/** What somebody works with who settles a job and is no worker: a command that cancels, or that mends a home. */
import { readConfig } from '../config/config.ts'
import { tell } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'
import type { OwnHolder } from '../spool/holders.ts'
import { Hooks } from '../hooks/hooks.ts'
import type { Site } from './context.ts'

/** Hooks that this process calls; it must let them finish before it ends. */
export const hooksOf = (home: Home): Hooks =>
  new Hooks(home, { settings: { now: readConfig(home) }, tell: (event) => tell(home, [event]) })

export const visit = (home: Home, holder: OwnHolder, hooks: Hooks): Site => ({
  home,
  holder,
  config: readConfig(home),
  tell: (...events) => tell(home, events),
  callHook: (hook, job) => hooks.settled(hook, job),
  say: () => {},
  insist: async (_doing, act) => act(),
})
