/** The dashboard: a single-page application, started here. */
import { type ComponentChildren, render } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { get, type Problem } from './api.ts'
import { Layout, NAV_LINKS } from './layout.tsx'
import { connect } from './live-updates.ts'
import { ConfigPage } from './pages/config.tsx'
import { DeadPage } from './pages/dead.tsx'
import { EventsPage } from './pages/events.tsx'
import { JobDetailPage } from './pages/job.tsx'
import { JobsPage } from './pages/jobs.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { QueuesPage } from './pages/queues.tsx'
import { ScheduleDetailPage } from './pages/schedule.tsx'
import { SchedulesPage } from './pages/schedules.tsx'
import { SignInPage } from './pages/signin.tsx'
import { WorkersPage } from './pages/workers.tsx'
import { actOrConfirm, ConfirmDialog, type ConfirmRequest } from './components/confirm-dialog.tsx'
import { ShortcutHelp } from './components/shortcut-help.tsx'
import { type FormRequest, JobForm } from './components/job-form.tsx'
import { Palette } from './components/palette.tsx'
import { useZone } from './zone.ts'
import { Toasts } from './components/toasts.tsx'
import { useShortcuts } from './keys.ts'
import { useRoute } from './route.ts'
import { SessionContext } from './session.ts'
import type { Session } from './api-types.ts'
import { EmptyState } from './components/empty-state.tsx'
import { ProblemNotice } from './components/problem-notice.tsx'

const PAGES: Record<string, () => ComponentChildren> = {
  '/': () => <OverviewPage />,
  '/jobs': () => <JobsPage />,
  '/queues': () => <QueuesPage />,
  '/schedules': () => <SchedulesPage />,
  '/dead': () => <DeadPage />,
  '/workers': () => <WorkersPage />,
  '/events': () => <EventsPage />,
  '/config': () => <ConfigPage />,
}

function CurrentPage({ path }: { readonly path: string }) {
  // Ids contain no characters that a URL escapes.
  const id = path.startsWith('/jobs/') ? path.slice('/jobs/'.length) : undefined
  const schedule = path.startsWith('/schedules/') ? path.slice('/schedules/'.length) : undefined
  const title = id ?? schedule ?? NAV_LINKS.find((way) => way.path === path)?.label ?? 'queuectl'
  // Moves the focus so that screen readers announce the new page; at once, before a key that is typed next moves it on.
  const isFirst = useRef(true)
  useLayoutEffect(() => {
    if (!isFirst.current) document.querySelector<HTMLElement>('#page')?.focus({ preventScroll: true })
    isFirst.current = false
  }, [path])
  useEffect(() => {
    document.title = path === '/' ? 'queuectl' : `${title} · queuectl`
  }, [path, title])
  if (id !== undefined) return <JobDetailPage key={id} id={id} />
  if (schedule !== undefined) return <ScheduleDetailPage key={schedule} name={schedule} />
  return (
    PAGES[path]?.() ?? (
      <EmptyState icon="search" title="No such page">
        <a href="/">Overview</a>
      </EmptyState>
    )
  )
}

/** The application of a signed-in user. */
function SignedIn({ session }: { readonly session: Session }) {
  const { path } = useRoute()
  const [form, openForm] = useState<FormRequest>()
  const [confirmation, setConfirmation] = useState<ConfirmRequest>()
  const [isHelp, setHelp] = useState(false)
  const [isPalette, setPalette] = useState(false)
  const [zone, setZone] = useZone(session.time_zone ?? undefined)
  useEffect(connect, [])
  const context = {
    home: session.home,
    isReadOnly: session.read_only,
    openForm,
    ask: (request: ConfirmRequest) => actOrConfirm(request, setConfirmation),
  }
  useShortcuts([{ keys: 'Ctrl-K', does: 'Go to or do', group: 'Anywhere', run: () => setPalette(true) }])
  useShortcuts(
    session.read_only ? [] : [{ keys: 'n', does: 'New job', group: 'Anywhere', run: () => openForm({ kind: 'new' }) }],
  )
  return (
    <SessionContext.Provider value={context}>
      <Layout
        path={path}
        session={session}
        onHelp={() => setHelp(true)}
        onPalette={() => setPalette(true)}
        zone={zone}
        onZone={setZone}
      >
        <CurrentPage path={path} />
      </Layout>
      {form && <JobForm request={form} onClose={() => openForm(undefined)} />}
      {confirmation && <ConfirmDialog request={confirmation} onClose={() => setConfirmation(undefined)} />}
      {isPalette && <Palette onClose={() => setPalette(false)} />}
      {isHelp && <ShortcutHelp onClose={() => setHelp(false)} />}
      <Toasts />
    </SessionContext.Provider>
  )
}

const RETRY_MS = 1000

function App() {
  const [session, setSession] = useState<Session>()
  const [problem, setProblem] = useState<Problem>()
  useEffect(() => {
    const loadSession = (): void => {
      get<Session>('/session').then(setSession, (error: Problem) => {
        setProblem(error)
        setTimeout(loadSession, RETRY_MS)
      })
    }
    loadSession()
    document.addEventListener('signedout', loadSession)
    return () => document.removeEventListener('signedout', loadSession)
  }, [])
  if (session?.authenticated) return <SignedIn session={session} />
  if (session) return <SignInPage onDone={setSession} />
  return problem ? (
    <div class="sign-in">
      <ProblemNotice problem={problem} />
    </div>
  ) : null
}

const root = document.querySelector('#app')
if (root) render(<App />, root)
