/** The dialog that enqueues a job, another one like a given one, or changes one that waits. */
import { commandLine } from '../../job/job.ts'
import { useEffect, useState } from 'preact/hooks'
import { markOf, jobApi, patch, post, type Problem } from '../api.ts'
import { requestOf } from '../command-line.ts'
import { refresh } from '../resource.ts'
import { jobPath } from '../url.ts'
import { go } from '../route.ts'
import type { Job, JobRequest } from '../api-types.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './pieces.tsx'
import { say } from './toasts.tsx'

/** What the dialog is opened for. */
export interface Wanted {
  readonly kind: 'new' | 'again' | 'edit'
  readonly job?: Job
}

/** Members with a field of their own; all others are kept as they are, and seen under JSON. */
type Fields = Record<
  'command' | 'id' | 'priority' | 'queue' | 'tags' | 'max_retries' | 'timeout' | 'run_at' | 'cwd',
  string
>
const NUMBERS = ['priority', 'max_retries', 'timeout'] as const

const fieldsOf = (request: Partial<JobRequest>): Fields => {
  const text = (member: 'priority' | 'queue' | 'max_retries' | 'timeout' | 'cwd'): string =>
    String(request[member] ?? '')
  return {
    command: request.command === undefined ? '' : commandLine(request.command),
    id: '',
    priority: text('priority'),
    queue: text('queue') === 'default' ? '' : text('queue'),
    tags: (request.tags ?? []).join(', '),
    max_retries: text('max_retries'),
    timeout: text('timeout'),
    run_at: '',
    cwd: text('cwd'),
  }
}

/** What the fields ask for, over what the job had besides. */
function requestIn(fields: Fields, base: Partial<JobRequest>): JobRequest {
  const request: Record<string, unknown> = { ...base }
  const set = (member: string, value: unknown): void => {
    if (value === undefined || value === '') delete request[member]
    else request[member] = value
  }
  // An argv that was not changed stays one.
  if (base.command === undefined || commandLine(base.command) !== fields.command) set('command', fields.command)
  for (const member of ['id', 'queue', 'cwd'] as const) set(member, fields[member].trim())
  for (const member of NUMBERS) set(member, fields[member].trim() === '' ? undefined : Number(fields[member]))
  const tags = fields.tags.split(/[\s,]+/).filter(Boolean)
  set('tags', tags.length === 0 ? undefined : tags)
  set('run_at', fields.run_at === '' ? undefined : new Date(fields.run_at).toISOString())
  return request as unknown as JobRequest
}

const TITLES = { new: 'New job', again: 'Enqueue again', edit: 'Edit job' }

export function JobForm({ wanted, onClose }: { readonly wanted: Wanted; readonly onClose: () => void }) {
  const { kind, job } = wanted
  const base: Partial<JobRequest> = job ? requestOf(job) : {}
  const [fields, setFields] = useState(() => fieldsOf(base))
  const [json, setJson] = useState<string>()
  const [mark, setMark] = useState<string>()
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    if (kind === 'edit' && job) markOf(jobApi(job.id)).then(setMark, setProblem)
  }, [])

  const field = (member: keyof Fields, name: string, more: object = {}, hint?: string) => (
    <label class="asked">
      <span class="name">{name}</span>
      <input
        class="field"
        autocomplete="off"
        value={fields[member]}
        onInput={(event) => setFields({ ...fields, [member]: event.currentTarget.value })}
        {...more}
      />
      {hint && <span class="hint">{hint}</span>}
    </label>
  )

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      const request = json === undefined ? requestIn(fields, base) : (JSON.parse(json) as JobRequest)
      if (kind === 'edit' && job) {
        await patch(jobApi(job.id), changes(base, request), mark)
        say(`${job.id} changed`)
      } else {
        const made = await post<Job>('/jobs', request)
        say(`Enqueued ${made.id}`)
        go(jobPath(made.id))
      }
      refresh()
      onClose()
    } catch (error) {
      setBusy(false)
      setProblem(error as Problem)
    }
  }

  return (
    <Dialog title={TITLES[kind]} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="dialog-body">
          <ProblemNotice problem={problem} />
          {json === undefined ? (
            <>
              <label class="asked">
                <span class="name">Command</span>
                <textarea
                  class="field"
                  rows={3}
                  required
                  autofocus
                  spellcheck={false}
                  value={fields.command}
                  onInput={(event) => setFields({ ...fields, command: event.currentTarget.value })}
                  onKeyDown={(event) => {
                    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
                      event.currentTarget.form?.requestSubmit()
                  }}
                />
                <span class="hint">A line for /bin/sh</span>
              </label>
              <div class="asked-row">
                {field('priority', 'Priority', { type: 'number', min: -999, max: 999, placeholder: '0' })}
                {field('max_retries', 'Attempts in all', { type: 'number', min: 0, max: 1000, placeholder: '3' })}
                {field('timeout', 'Timeout (s)', { type: 'number', min: 0, step: 'any', placeholder: '300' })}
              </div>
              <div class="asked-row two">
                {field('queue', 'Queue', { placeholder: 'default' })}
                {field('tags', 'Tags', { placeholder: 'nightly, mail' })}
              </div>
              <details class="further">
                <summary>More</summary>
                <div>
                  <div class="asked-row two">
                    {kind !== 'edit' && field('id', 'Id', { placeholder: 'made if empty', maxLength: 128 })}
                    {field('run_at', 'Not before', { type: 'datetime-local', step: 1 })}
                  </div>
                  {field('cwd', 'Directory', { placeholder: 'your home', spellcheck: false })}
                </div>
              </details>
            </>
          ) : (
            <label class="asked">
              <span class="name">The job as JSON</span>
              <textarea
                class="field"
                rows={14}
                spellcheck={false}
                value={json}
                onInput={(event) => setJson(event.currentTarget.value)}
              />
            </label>
          )}
        </div>
        <div class="dialog-foot">
          <button
            type="button"
            class="button plain"
            aria-pressed={json !== undefined}
            onClick={() =>
              setJson(json === undefined ? JSON.stringify(requestIn(fields, base), undefined, 2) : undefined)
            }
          >
            JSON
          </button>
          <span class="hint" />
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button main" disabled={isBusy}>
            {kind === 'edit' ? 'Save' : 'Enqueue'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Only what differs; what was taken away is null. */
function changes(before: Partial<JobRequest>, after: JobRequest): Record<string, unknown> {
  const members = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...members].flatMap((member): [string, unknown][] =>
      JSON.stringify(before[member]) === JSON.stringify(after[member]) ? [] : [[member, after[member] ?? null]],
    ),
  )
}
