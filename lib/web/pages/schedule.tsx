/** One schedule: when it occurs next, what it did, and what is seldom meant about its times. */
import { useState } from 'preact/hooks'
import { commandLine } from '../../job/job.ts'
import type { FiredTime, ScheduleDetails } from '../api-types.ts'
import { useNow } from '../clock.ts'
import { programLine } from '../command-line.ts'
import { Card } from '../components/card.tsx'
import { ChoiceGroup } from '../components/choice-group.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { CopyableLines, type Fact, Facts } from '../components/facts.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { DEED_TEXTS, MadeState } from '../components/fired-time.tsx'
import { Icon } from '../components/icons.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { ScheduleButtons } from '../components/schedule-buttons.tsx'
import { clockTime, count, duration, offsetIn, relativeTime, timeIn } from '../format.ts'
import { useResource } from '../refetch.ts'
import { scheduleApiPath } from '../schedule-actions.ts'
import { useSession } from '../session.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { SCHEDULE_RULES } from './schedules.tsx'

export function ScheduleDetailPage({ name }: { readonly name: string }) {
  const { isReadOnly } = useSession()
  const { data, problem } = useResource<ScheduleDetails>(scheduleApiPath(name), ['jobs', 'events'], SCHEDULE_RULES)
  return (
    <>
      <header class="page-head">
        <a class="button plain only-icon" href="/schedules" aria-label="All schedules" title="All schedules">
          <Icon name="back" />
        </a>
        <h1 class="job-id">{name}</h1>
        {data && data.state !== 'on' && <span class="tag">{STATE_TEXTS[data.state]}</span>}
        {data && !isReadOnly && <ScheduleButtons name={name} state={data.state} />}
      </header>
      <ProblemNotice problem={problem} />
      {data && (
        <>
          {data.state === 'bad' && (
            <div class="notice">
              <span>Its file cannot be obeyed, so it fires nothing: {data.when}</span>
            </div>
          )}
          {data.state === 'paused' && (
            <div class="notice warn">
              <span>
                Paused{data.reason === undefined ? '' : `: ${data.reason}`}. Its times until it is resumed come to
                nothing.
              </span>
            </div>
          )}
          {data.warnings.map((warning) => (
            <div key={warning} class="notice warn">
              <span>
                {warning.charAt(0).toUpperCase()}
                {warning.slice(1)}.
              </span>
            </div>
          ))}
          <div class="job-layout">
            <div>
              {data.job && (
                <section class="card" aria-label="Command">
                  <div class="command">
                    <pre tabIndex={0}>{commandLine(data.job.command)}</pre>
                    <CopyButton text={commandLine(data.job.command)} what="the command" />
                  </div>
                </section>
              )}
              <NextTimes schedule={data} />
              <History history={data.history} />
            </div>
            <div>
              <Terms schedule={data} />
              <Lines name={name} />
            </div>
          </div>
        </>
      )}
    </>
  )
}

const STATE_TEXTS = { paused: 'paused', bad: 'fires nothing', over: 'no more times', on: '' }

/** Its next times, each also as the clocks in its own zone show it, and where those are changed. */
function NextTimes({ schedule }: { readonly schedule: ScheduleDetails }) {
  const now = useNow()
  const { upcoming, tz, state } = schedule
  return (
    <Card title="Next times" aside={tz !== undefined && upcoming.length > 0 && <span class="faint">{tz}</span>}>
      {upcoming.length === 0 && (
        <EmptyState
          title={
            state === 'paused' ? 'None while it is paused' : state === 'bad' ? 'None: it fires nothing' : 'No more'
          }
        />
      )}
      <ol class="list times">
        {upcoming.map((at, index) => {
          const before = upcoming[index - 1]
          const isChanged = tz !== undefined && before !== undefined && offsetIn(tz, before) !== offsetIn(tz, at)
          return (
            <li key={at} class="list-row">
              <time dateTime={at}>{clockTime(at, now)}</time>
              <span class="soft">{tz !== undefined && timeIn(tz, at)}</span>
              <span class="faint">{relativeTime(at, now)}</span>
              {isChanged && <span class="clocks-change">Clocks change in {tz} before this time</span>}
            </li>
          )
        })}
      </ol>
    </Card>
  )
}

const KINDS = ['all', 'fired', 'skipped', 'missed'] as const

/** What it did about its last times, newest first. */
function History({ history }: { readonly history: readonly FiredTime[] }) {
  const now = useNow()
  const [kind, setKind] = useState<(typeof KINDS)[number]>('all')
  const of = (one: (typeof KINDS)[number]): readonly FiredTime[] =>
    one === 'all' ? history : history.filter(({ did }) => did === one)
  const labels = KINDS.map((one) => `${one} ${of(one).length}`)
  return (
    <Card
      title="History"
      aside={
        <ChoiceGroup
          label="What it did"
          of={labels}
          chosen={labels[KINDS.indexOf(kind)] ?? ''}
          onChoose={(label) => setKind(KINDS[labels.indexOf(label)] ?? 'all')}
        />
      }
    >
      {of(kind).length === 0 && <EmptyState title={kind === 'all' ? 'Nothing yet' : `None was ${kind}`} />}
      <ul class="list history" tabIndex={0} aria-label="What it did, newest first">
        {of(kind).map(({ at, did, job, state }) => (
          <li key={`${at} ${did} ${job}`} class={`list-row did-${did}`}>
            <time dateTime={at} title={relativeTime(at, now)}>
              {clockTime(at, now)}
            </time>
            {job === undefined ? (
              <span class="what">{DEED_TEXTS[did]}</span>
            ) : (
              <>
                <a class="cut what" href={jobUrl(job)}>
                  {job}
                </a>
                <MadeState state={state} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

const MISSED_TEXTS = {
  once: 'one job makes up for them',
  skip: 'come to nothing',
  all: 'each gets its job',
}
const OVERLAP_TEXTS = {
  skip: 'a time makes no job',
  queue: 'the next job is made when it has ended',
  allow: 'the next job is made all the same',
  replace: 'it is cancelled, and the next one made',
}

function Terms({ schedule }: { readonly schedule: ScheduleDetails }) {
  const now = useNow()
  const { state, when, next, description, missed, overlap, jitter_seconds: jitter, job, runs, name } = schedule
  const facts: readonly Fact[] = [
    ['What it is for', description],
    ['When', state === 'bad' ? undefined : when],
    ['Next', next === null ? undefined : `${clockTime(next, now)} (${relativeTime(next, now)})`],
    ['Missed times', missed && MISSED_TEXTS[missed]],
    ['While one runs', overlap && OVERLAP_TEXTS[overlap]],
    ['Put off by', jitter === undefined ? undefined : `up to ${duration(jitter * 1000)}`],
    ['Queue', job && (job.queue ?? 'default')],
    ['Jobs made', count(runs)],
  ]
  return (
    <Card
      title="Details"
      aside={
        <a class="more" href={urlWithQuery('/jobs', { q: `${name}-` })}>
          Its jobs
        </a>
      }
    >
      <Facts facts={facts} />
    </Card>
  )
}

/** The command lines that show or do more. */
function Lines({ name }: { readonly name: string }) {
  const { home } = useSession()
  const lines = ['show', 'next', 'edit'].map((verb) => programLine(home, `schedule ${verb} ${name}`))
  return (
    <Card title="Command line">
      <CopyableLines lines={lines} />
    </Card>
  )
}
