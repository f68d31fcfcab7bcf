/** The frame around every page: navigation, connection state, theme, help. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { shortCount } from './format.ts'
import { useShortcuts } from './keys.ts'
import { type Connection, togglePause, useConnection } from './live-updates.ts'
import { Icon, type IconName } from './components/icons.tsx'
import { OperationBars } from './components/operation-bars.tsx'
import { useResource } from './refetch.ts'
import { navigate } from './route.ts'
import type { Session, Stats } from './api-types.ts'
import { type Zone, ZONES } from './zone.ts'
import { setTheme, storedTheme, type Theme, THEMES } from './theme.ts'

interface NavLink {
  readonly path: string
  readonly label: string
  readonly icon: IconName
  readonly key: string
}

export const NAV_LINKS: readonly NavLink[] = [
  { path: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { path: '/jobs', label: 'Jobs', icon: 'jobs', key: 'j' },
  { path: '/queues', label: 'Queues', icon: 'queues', key: 'q' },
  { path: '/schedules', label: 'Schedules', icon: 'schedules', key: 's' },
  { path: '/dead', label: 'Dead letters', icon: 'dead', key: 'd' },
  { path: '/workers', label: 'Workers', icon: 'workers', key: 'w' },
  { path: '/events', label: 'Events', icon: 'events', key: 'e' },
  { path: '/config', label: 'Config', icon: 'config', key: 'c' },
]

const CONNECTION_LABELS: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost',
  paused: 'Paused',
}

interface LayoutProps {
  readonly path: string
  readonly session: Session
  readonly onHelp: () => void
  readonly onPalette: () => void
  readonly zone: Zone
  readonly onZone: (zone: Zone) => void
  readonly children: ComponentChildren
}

export function Layout({ path, session, onHelp, onPalette, zone, onZone, children }: LayoutProps) {
  const connection = useConnection()
  const stats = useResource<Stats>('/stats', ['stats', 'jobs']).data
  const isCurrent = (link: NavLink): boolean => (link.path === '/' ? path === '/' : path.startsWith(link.path))
  useShortcuts([
    ...NAV_LINKS.map(({ key, label, path: to }) => ({
      keys: `g ${key}`,
      does: label,
      group: 'Go to' as const,
      run: () => navigate(to),
    })),
    {
      keys: 'p',
      does: connection === 'paused' ? 'Resume live updates' : 'Pause live updates',
      group: 'Anywhere',
      run: togglePause,
    },
    { keys: '?', does: 'Show this help', group: 'Anywhere', run: onHelp },
  ])
  return (
    <div class="frame">
      <a class="skip" href="#page" onClick={focusPage}>
        Skip to content
      </a>
      <header class="side">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" />
          queuectl
        </a>
        <nav class="ways" aria-label="Pages">
          {NAV_LINKS.map((link) => (
            <a key={link.path} class="way" href={link.path} aria-current={isCurrent(link) ? 'page' : undefined}>
              <Icon name={link.icon} />
              {link.label === 'Dead letters' ? (
                <span>
                  Dead<span class="wide-only"> letters</span>
                </span>
              ) : (
                <span>{link.label}</span>
              )}
              <NavBadge link={link} stats={stats} />
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <span class={`connection ${connection}`} role="status">
            {CONNECTION_LABELS[connection]}
            {session.read_only && <span class="tag">read-only</span>}
          </span>
          {session.home && (
            <span class="place" title={session.home}>
              {session.home}
            </span>
          )}
          <div class="side-tools">
            <ThemeButton />
            <ZoneButton zone={zone} onZone={onZone} />
            <button
              type="button"
              class="button plain only-icon"
              aria-label="Go to or do"
              title="Go to or do (Ctrl-K)"
              onClick={onPalette}
            >
              <Icon name="search" />
            </button>
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
            Connection lost, reconnecting. What you see may be out of date.
          </div>
        )}
        {connection === 'paused' && (
          <div class="lost-bar" role="status">
            Live updates are paused.{' '}
            <button type="button" class="linklike" onClick={togglePause}>
              Resume
            </button>
          </div>
        )}
        <OperationBars />
        <div class="page">{children}</div>
      </main>
    </div>
  )
}

function focusPage(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#page')?.focus()
}

function NavBadge({ link, stats }: { readonly link: NavLink; readonly stats: Stats | undefined }) {
  if (!stats) return null
  if (link.path === '/dead' && stats.dead > 0) return <span class="number bad">{shortCount(stats.dead)}</span>
  if (link.path === '/workers') return <span class="number">{shortCount(stats.worker_processes)}</span>
  return null
}

function ThemeButton() {
  const [theme, setShown] = useState<Theme>(storedTheme)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const toggle = (): void => {
    setTheme(next)
    setShown(next)
  }
  useShortcuts([{ keys: 't', does: `Theme: ${theme}, next ${next}`, group: 'Anywhere', run: toggle }])
  return (
    <button
      type="button"
      class="button plain only-icon"
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme} (t)`}
      onClick={toggle}
    >
      <Icon name={theme} />
    </button>
  )
}

function ZoneButton({ zone, onZone }: Pick<LayoutProps, 'zone' | 'onZone'>) {
  const next = ZONES[(ZONES.indexOf(zone) + 1) % ZONES.length] ?? 'local'
  const toggle = (): void => onZone(next)
  useShortcuts([{ keys: 'z', does: `Times: ${zone}, next ${next}`, group: 'Anywhere', run: toggle }])
  return (
    <button
      type="button"
      class="button plain zone"
      aria-label={`Times: ${zone}. Change to ${next}`}
      title={`Times: ${zone} (z)`}
      onClick={toggle}
    >
      <Icon name="clock" /> {zone === 'local' ? '' : zone}
    </button>
  )
}
