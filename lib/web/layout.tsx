/** What stands around every page: the way about, the connection, the theme, the help. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { short } from './format.ts'
import { useShortcuts } from './keys.ts'
import { type Connection, togglePause, useConnection } from './live-updates.ts'
import { Icon, type IconName } from './components/icons.tsx'
import { useResource } from './resource.ts'
import { go } from './route.ts'
import type { Session, Stats } from './api-types.ts'
import { chooseTheme, chosenTheme, type Theme, THEMES } from './theme.ts'

interface Way {
  readonly path: string
  readonly label: string
  readonly icon: IconName
  readonly key: string
}

export const WAYS: readonly Way[] = [
  { path: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { path: '/jobs', label: 'Jobs', icon: 'jobs', key: 'j' },
  { path: '/dead', label: 'Dead letters', icon: 'dead', key: 'd' },
  { path: '/workers', label: 'Workers', icon: 'workers', key: 'w' },
  { path: '/events', label: 'Events', icon: 'events', key: 'e' },
  { path: '/config', label: 'Config', icon: 'config', key: 'c' },
]

const STATES: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost',
  paused: 'Paused',
}

interface FrameProps {
  readonly path: string
  readonly session: Session
  readonly onHelp: () => void
  readonly children: ComponentChildren
}

export function Frame({ path, session, onHelp, children }: FrameProps) {
  const connection = useConnection()
  const stats = useResource<Stats>('/stats', ['stats', 'jobs']).data
  const isHere = (way: Way): boolean => (way.path === '/' ? path === '/' : path.startsWith(way.path))
  useShortcuts([
    ...WAYS.map(({ key, label, path: to }) => ({
      keys: `g ${key}`,
      does: label,
      group: 'Go to' as const,
      run: () => go(to),
    })),
    {
      keys: 'p',
      does: connection === 'paused' ? 'Go on showing changes' : 'Stop showing changes',
      group: 'Anywhere',
      run: togglePause,
    },
    { keys: '?', does: 'This help', group: 'Anywhere', run: onHelp },
  ])
  return (
    <div class="frame">
      <a class="skip" href="#page" onClick={skip}>
        Skip to the page
      </a>
      <header class="side">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" />
          queuectl
        </a>
        <nav class="ways" aria-label="Pages">
          {WAYS.map((way) => (
            <a key={way.path} class="way" href={way.path} aria-current={isHere(way) ? 'page' : undefined}>
              <Icon name={way.icon} />
              {way.label === 'Dead letters' ? (
                <span>
                  Dead<span class="wide-only"> letters</span>
                </span>
              ) : (
                <span>{way.label}</span>
              )}
              <Number way={way} stats={stats} />
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <span class={`connection ${connection}`} role="status">
            {STATES[connection]}
            {session.read_only && <span class="tag">read-only</span>}
          </span>
          {session.home && (
            <span class="place" title={session.home}>
              {session.home}
            </span>
          )}
          <div class="side-tools">
            <ThemeButton />
            <button
              type="button"
              class="button plain only-icon wide-only"
              aria-label="Keyboard shortcuts"
              title="Keyboard shortcuts (?)"
              onClick={onHelp}
            >
              <Icon name="keyboard" />
            </button>
          </div>
        </div>
      </header>
      <main id="page" tabIndex={-1}>
        {connection === 'lost' && (
          <div class="lost-bar" role="alert">
            Connection lost. What you see may be old; trying again.
          </div>
        )}
        {connection === 'paused' && (
          <div class="lost-bar" role="status">
            Changes are not shown.{' '}
            <button type="button" class="linklike" onClick={togglePause}>
              Go on
            </button>
          </div>
        )}
        <div class="page">{children}</div>
      </main>
    </div>
  )
}

function skip(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#page')?.focus()
}

function Number({ way, stats }: { readonly way: Way; readonly stats: Stats | undefined }) {
  if (!stats) return null
  if (way.path === '/dead' && stats.dead > 0) return <span class="number bad">{short(stats.dead)}</span>
  if (way.path === '/workers') return <span class="number">{short(stats.worker_processes)}</span>
  return null
}

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(chosenTheme)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const turn = (): void => {
    chooseTheme(next)
    setTheme(next)
  }
  useShortcuts([{ keys: 't', does: `Theme: now ${theme}, then ${next}`, group: 'Anywhere', run: turn }])
  return (
    <button
      type="button"
      class="button plain only-icon"
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme} (t)`}
      onClick={turn}
    >
      <Icon name={theme} />
    </button>
  )
}
