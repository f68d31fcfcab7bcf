/** The dashboard: one page application of plain paths, started here. */
import { type ComponentChildren, render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { get, type Problem } from './api.ts'
import { Frame, WAYS } from './layout.tsx'
import { connect } from './live-updates.ts'
import { Config } from './pages/config.tsx'
import { Dead } from './pages/dead.tsx'
import { Events } from './pages/events.tsx'
import { Job } from './pages/job.tsx'
import { Jobs } from './pages/jobs.tsx'
import { Overview } from './pages/overview.tsx'
import { SignIn } from './pages/signin.tsx'
import { Workers } from './pages/workers.tsx'
import { type Asked, begin, Confirm } from './components/confirm-dialog.tsx'
import { Help } from './components/shortcut-help.tsx'
import { JobForm, type Wanted } from './components/job-form.tsx'
import { Empty, ProblemNotice } from './components/pieces.tsx'
import { Toasts } from './components/toasts.tsx'
import { useShortcuts } from './keys.ts'
import { usePlace } from './route.ts'
import { Here } from './session.ts'
import type { Session } from './api-types.ts'

const PAGES: Record<string, () => ComponentChildren> = {
  '/': () => <Overview />,
  '/jobs': () => <Jobs />,
  '/dead': () => <Dead />,
  '/workers': () => <Workers />,
  '/events': () => <Events />,
  '/config': () => <Config />,
}

function Page({ path }: { readonly path: string }) {
  // Ids have no character that an address would have to hide.
  const id = path.startsWith('/jobs/') ? path.slice('/jobs/'.length) : undefined
  const title = id ?? WAYS.find((way) => way.path === path)?.label ?? 'queuectl'
  // Whoever uses a screen reader is told of the new page.
  const isFirst = useRef(true)
  useEffect(() => {
    if (!isFirst.current) document.querySelector<HTMLElement>('#page')?.focus({ preventScroll: true })
    isFirst.current = false
  }, [path])
  useEffect(() => {
    document.title = path === '/' ? 'queuectl' : `${title} · queuectl`
  }, [path, title])
  if (id !== undefined) return <Job key={id} id={id} />
  return (
    PAGES[path]?.() ?? (
      <Empty icon="search" title="No such page">
        <a href="/">Overview</a>
      </Empty>
    )
  )
}

/** The application for whoever may see it. */
function Inside({ session }: { readonly session: Session }) {
  const { path } = usePlace()
  const [wanted, openForm] = useState<Wanted>()
  const [asked, ask] = useState<Asked>()
  const [isHelp, setHelp] = useState(false)
  useEffect(connect, [])
  const here = {
    home: session.home,
    isReadOnly: session.read_only,
    openForm,
    ask: (one: Asked) => begin(one, ask),
  }
  useShortcuts(
    session.read_only ? [] : [{ keys: 'n', does: 'New job', group: 'Anywhere', run: () => openForm({ kind: 'new' }) }],
  )
  return (
    <Here.Provider value={here}>
      <Frame path={path} session={session} onHelp={() => setHelp(true)}>
        <Page path={path} />
      </Frame>
      {wanted && <JobForm wanted={wanted} onClose={() => openForm(undefined)} />}
      {asked && <Confirm asked={asked} onClose={() => ask(undefined)} />}
      {isHelp && <Help onClose={() => setHelp(false)} />}
      <Toasts />
    </Here.Provider>
  )
}

const AGAIN_MS = 1000

function App() {
  const [session, setSession] = useState<Session>()
  const [problem, setProblem] = useState<Problem>()
  useEffect(() => {
    const look = (): void => {
      get<Session>('/session').then(setSession, (error: Problem) => {
        setProblem(error)
        setTimeout(look, AGAIN_MS)
      })
    }
    look()
    document.addEventListener('signedout', look)
    return () => document.removeEventListener('signedout', look)
  }, [])
  if (session?.authenticated) return <Inside session={session} />
  if (session) return <SignIn onDone={setSession} />
  return problem ? (
    <div class="door">
      <ProblemNotice problem={problem} />
    </div>
  ) : null
}

const place = document.querySelector('#app')
if (place) render(<App />, place)
