/** The dialog that enqueues a job, duplicates one, or edits a waiting one. */
import { commandLine } from '../../job/job.ts'
import { useEffect, useState } from 'preact/hooks'
import { fetchEtag, jobApiPath, patch, post, type Problem } from '../api.ts'
import { requestOf } from '../command-line.ts'
import { refreshAll } from '../refetch.ts'
import { jobUrl } from '../url.ts'
import { navigate } from '../route.ts'
import type { JobRecord, JobRequest } from '../api-types.ts'
import { Dialog } from './dialog.tsx'
import { showToast } from './toasts.tsx'
import { QUEUE_LIST, QueueList } from './queue-list.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** What the dialog is opened for, and the job to start from. */
export interface FormRequest {
  readonly kind: 'new' | 'again' | 'edit'
  readonly job?: JobRecord
}

/** Members with a field of their own; all others are kept and can be edited as JSON. */
type Fields = Record<
  | 'command'
  | 'id'
  | 'priority'
  | 'queue'
  | 'tags'
  | 'max_retries'
  | 'timeout'
  | 'run_at'
  | 'delay'
  | 'cwd'
  | 'env'
  | 'stdin',
  string
>
const NUMBERS = ['priority', 'max_retries', 'timeout'] as const

const envLines = (env: JobRequest['env'] = {}): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')

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
    delay: '',
    cwd: text('cwd'),
    env: envLines(request.env),
    stdin: request.stdin ?? '',
  }
}

/** @throws Error when a line sets no variable */
function envOf(text: string): Record<string, string> | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) return undefined
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value = ''] = /^\s*([^=\s]+)=(.*)$/.exec(line) ?? []
      if (name === undefined) throw new Error(`Environment: “${line}” is not NAME=value`)
      return [name, value]
    }),
  )
}

/** The request of the fields, with the other members of `base`. */
function requestFromFields(fields: Fields, base: Partial<JobRequest>): JobRequest {
  const request: Record<string, unknown> = { ...base }
  const set = (member: string, value: unknown): void => {
    if (value === undefined || value === '') delete request[member]
    else request[member] = value
  }
  // An argv that was not edited stays an argv.
  if (base.command === undefined || commandLine(base.command) !== fields.command) set('command', fields.command)
  for (const member of ['id', 'queue', 'cwd', 'delay'] as const) set(member, fields[member].trim())
  for (const member of NUMBERS) set(member, fields[member].trim() === '' ? undefined : Number(fields[member]))
  const tags = fields.tags.split(/[\s,]+/).filter(Boolean)
  set('tags', tags.length === 0 ? undefined : tags)
  // Values with line ends are kept as long as nothing is edited.
  if (fields.env !== envLines(base.env)) set('env', envOf(fields.env))
  if (fields.stdin !== base.stdin) set('stdin', fields.stdin)
  set('run_at', fields.run_at === '' ? undefined : new Date(fields.run_at).toISOString())
  return request as unknown as JobRequest
}

const TITLES = { new: 'New job', again: 'Duplicate job', edit: 'Edit job' }

export function JobForm({ request, onClose }: { readonly request: FormRequest; readonly onClose: () => void }) {
  const { kind, job } = request
  const base: Partial<JobRequest> = job ? requestOf(job) : {}
  const [fields, setFields] = useState(() => fieldsOf(base))
  const [json, setJson] = useState<string>()
  const [etag, setEtag] = useState<string>()
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    if (kind === 'edit' && job) fetchEtag(jobApiPath(job.id)).then(setEtag, setProblem)
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

  const lines = (member: 'env' | 'stdin', name: string, placeholder = '') => (
    <label class="asked">
      <span class="name">{name}</span>
      <textarea
        class="field"
        rows={2}
        spellcheck={false}
        placeholder={placeholder}
        value={fields[member]}
        onInput={(event) => setFields({ ...fields, [member]: event.currentTarget.value })}
      />
    </label>
  )

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      const body = json === undefined ? requestFromFields(fields, base) : (JSON.parse(json) as JobRequest)
      if (kind === 'edit' && job) {
        await patch(jobApiPath(job.id), changes(base, body), etag)
        showToast(`${job.id} changed`)
      } else {
        const created = await post<JobRecord>('/jobs', body)
        showToast(`Enqueued ${created.id}`)
        navigate(jobUrl(created.id))
      }
      refreshAll()
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
                <span class="hint">Run by /bin/sh</span>
              </label>
              <div class="asked-row">
                {field('priority', 'Priority', { type: 'number', min: -999, max: 999, placeholder: '0' })}
                {field('max_retries', 'Max attempts', { type: 'number', min: 0, max: 1000, placeholder: '3' })}
                {field('timeout', 'Timeout (s)', { type: 'number', min: 0, step: 'any', placeholder: '300' })}
              </div>
              <div class="asked-row two">
                {field('queue', 'Queue', { placeholder: 'default', list: QUEUE_LIST })}
                <QueueList />
                {field('tags', 'Tags', { placeholder: 'nightly, mail' })}
              </div>
              <details class="further">
                <summary>More</summary>
                <div>
                  <div class="asked-row two">
                    {kind !== 'edit' && field('id', 'Id', { placeholder: 'generated if empty', maxLength: 128 })}
                    {kind !== 'edit' && field('delay', 'Delay', { placeholder: '90s, 10m, 2h' })}
                    {field('run_at', 'Not before', { type: 'datetime-local', step: 1 }, 'in the time of this browser')}
                  </div>
                  {field('cwd', 'Directory', { placeholder: 'your home directory', spellcheck: false })}
                  {lines('env', 'Environment', 'NAME=value, one a line')}
                  {lines('stdin', 'Standard input')}
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
              <span class="hint">
                command, queue, priority, tags, delay, run_at, env, stdin, cwd, timeout, max_retries, success_codes and
                more: queuectl help jobs
              </span>
            </label>
          )}
        </div>
        <div class="dialog-foot">
          <button
            type="button"
            class="button plain"
            aria-pressed={json !== undefined}
            onClick={() =>
              setJson(json === undefined ? JSON.stringify(requestFromFields(fields, base), undefined, 2) : undefined)
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

/** The members that differ; removed ones are null. */
function changes(before: object, after: object): Record<string, unknown> {
  const [old, changed]: Record<string, unknown>[] = [{ ...before }, { ...after }]
  const members = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...members].flatMap((member): [string, unknown][] =>
      JSON.stringify(old?.[member]) === JSON.stringify(changed?.[member]) ? [] : [[member, changed?.[member] ?? null]],
    ),
  )
}
