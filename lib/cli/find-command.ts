/**
 * Maps words to commands, in the order of the help. Only the command that was called is loaded: clipanion compiles a
 * state machine of every command it is given, at 0.7 ms each.
 */
import { nearest, QueueError } from '../errors.ts'
import type { CommandClass } from './command.ts'
import { commandNear, inOurWords } from './foreign-commands.ts'

type Load = () => Promise<CommandClass>

const enqueue: Load = async () => (await import('./commands/enqueue.ts')).EnqueueCommand
const status: Load = async () => (await import('./commands/status.ts')).StatusCommand
const list: Load = async () => (await import('./commands/list.ts')).ListCommand
const show: Load = async () => (await import('./commands/show.ts')).ShowCommand
const run: Load = async () => (await import('./commands/run.ts')).RunCommand
const exec: Load = async () => (await import('./commands/exec.ts')).ExecCommand
const wait: Load = async () => (await import('./commands/wait.ts')).WaitCommand
const logs: Load = async () => (await import('./commands/logs.ts')).LogsCommand
const retry: Load = async () => (await import('./commands/retry.ts')).RetryCommand
const cancel: Load = async () => (await import('./commands/cancel.ts')).CancelCommand
const prune: Load = async () => (await import('./commands/prune.ts')).PruneCommand
const hold: Load = async () => (await import('./commands/hold.ts')).HoldCommand
const release: Load = async () => (await import('./commands/release.ts')).ReleaseCommand
const priority: Load = async () => (await import('./commands/priority.ts')).PriorityCommand
const top: Load = async () => (await import('./commands/top.ts')).TopCommand
const move: Load = async () => (await import('./commands/move.ts')).MoveCommand
const edit: Load = async () => (await import('./commands/edit.ts')).EditCommand
const deps: Load = async () => (await import('./commands/deps.ts')).DepsCommand
const explain: Load = async () => (await import('./commands/explain.ts')).ExplainCommand
const next: Load = async () => (await import('./commands/next.ts')).NextCommand
const ps: Load = async () => (await import('./commands/ps.ts')).PsCommand
const workerStart: Load = async () => (await import('./commands/worker/start.ts')).WorkerStartCommand
const workerStop: Load = async () => (await import('./commands/worker/stop.ts')).WorkerStopCommand
const workerList: Load = async () => (await import('./commands/worker/list.ts')).WorkerListCommand
const workerHealth: Load = async () => (await import('./commands/worker/health.ts')).WorkerHealthCommand
const workerForget: Load = async () => (await import('./commands/worker/forget.ts')).WorkerForgetCommand
const serviceInstall: Load = async () => (await import('./commands/service/install.ts')).ServiceInstallCommand
const serviceUninstall: Load = async () => (await import('./commands/service/uninstall.ts')).ServiceUninstallCommand
const serviceStatus: Load = async () => (await import('./commands/service/status.ts')).ServiceStatusCommand
const dlqList: Load = async () => (await import('./commands/dlq/list.ts')).DlqListCommand
const dlqShow: Load = async () => (await import('./commands/dlq/show.ts')).DlqShowCommand
const dlqRetry: Load = async () => (await import('./commands/dlq/retry.ts')).DlqRetryCommand
const dlqExport: Load = async () => (await import('./commands/dlq/export.ts')).DlqExportCommand
const dlqPurge: Load = async () => (await import('./commands/dlq/purge.ts')).DlqPurgeCommand
const queueList: Load = async () => (await import('./commands/queue/list.ts')).QueueListCommand
const queueShow: Load = async () => (await import('./commands/queue/show.ts')).QueueShowCommand
const queuePause: Load = async () => (await import('./commands/queue/pause.ts')).QueuePauseCommand
const queueResume: Load = async () => (await import('./commands/queue/resume.ts')).QueueResumeCommand
const queueDrain: Load = async () => (await import('./commands/queue/drain.ts')).QueueDrainCommand
const queueSet: Load = async () => (await import('./commands/queue/set.ts')).QueueSetCommand
const queueUnset: Load = async () => (await import('./commands/queue/unset.ts')).QueueUnsetCommand
const queueRemove: Load = async () => (await import('./commands/queue/remove.ts')).QueueRemoveCommand
const limitList: Load = async () => (await import('./commands/limit/list.ts')).LimitListCommand
const limitShow: Load = async () => (await import('./commands/limit/list.ts')).LimitShowCommand
const scheduleAdd: Load = async () => (await import('./commands/schedule/add.ts')).ScheduleAddCommand
const scheduleList: Load = async () => (await import('./commands/schedule/list.ts')).ScheduleListCommand
const scheduleShow: Load = async () => (await import('./commands/schedule/show.ts')).ScheduleShowCommand
const scheduleNext: Load = async () => (await import('./commands/schedule/next.ts')).ScheduleNextCommand
const scheduleCheck: Load = async () => (await import('./commands/schedule/check.ts')).ScheduleCheckCommand
const schedulePause: Load = async () => (await import('./commands/schedule/pause.ts')).SchedulePauseCommand
const scheduleResume: Load = async () => (await import('./commands/schedule/pause.ts')).ScheduleResumeCommand
const scheduleRunNow: Load = async () => (await import('./commands/schedule/run-now.ts')).ScheduleRunNowCommand
const scheduleEdit: Load = async () => (await import('./commands/schedule/edit.ts')).ScheduleEditCommand
const scheduleRemove: Load = async () => (await import('./commands/schedule/remove.ts')).ScheduleRemoveCommand
const scheduleImport: Load = async () => (await import('./commands/schedule/import.ts')).ScheduleImportCommand
const configGet: Load = async () => (await import('./commands/config/get.ts')).ConfigGetCommand
const configSet: Load = async () => (await import('./commands/config/set.ts')).ConfigSetCommand
const configUnset: Load = async () => (await import('./commands/config/unset.ts')).ConfigUnsetCommand
const configList: Load = async () => (await import('./commands/config/list.ts')).ConfigListCommand
const stats: Load = async () => (await import('./commands/stats.ts')).StatsCommand
const metrics: Load = async () => (await import('./commands/metrics.ts')).MetricsCommand
const events: Load = async () => (await import('./commands/events.ts')).EventsCommand
const web: Load = async () => (await import('./commands/web.ts')).WebCommand
const doctor: Load = async () => (await import('./commands/doctor.ts')).DoctorCommand
const init: Load = async () => (await import('./commands/init.ts')).InitCommand
const completion: Load = async () => (await import('./commands/completion.ts')).CompletionCommand
const remove: Load = async () => (await import('./commands/remove.ts')).RemoveCommand
const clear: Load = async () => (await import('./commands/remove.ts')).ClearCommand
const dlqRemove: Load = async () => (await import('./commands/dlq/remove.ts')).DlqRemoveCommand
const dlqClear: Load = async () => (await import('./commands/dlq/remove.ts')).DlqClearCommand
const dlqCount: Load = async () => (await import('./commands/dlq/count.ts')).DlqCountCommand
const workerRestart: Load = async () => (await import('./commands/worker/restart.ts')).WorkerRestartCommand
const version: Load = async () => (await import('./commands/version.ts')).VersionCommand

/** Aliases stand right after the command they stand for. */
const COMMANDS: Readonly<Record<string, Load>> = {
  enqueue,
  status,
  list,
  ls: list,
  show,
  get: show,
  logs,
  run,
  exec,
  wait,
  retry,
  restart: retry,
  cancel,
  prune,
  hold,
  release,
  unhold: release,
  priority,
  top,
  move,
  edit,
  explain,
  deps,
  why: explain,
  next,
  ps,
  'worker start': workerStart,
  'worker stop': workerStop,
  'worker list': workerList,
  'worker status': workerList,
  'worker health': workerHealth,
  'worker forget': workerForget,
  'service install': serviceInstall,
  'service uninstall': serviceUninstall,
  'service status': serviceStatus,
  'queue list': queueList,
  'queue show': queueShow,
  'queue set': queueSet,
  'queue unset': queueUnset,
  'queue rm': queueRemove,
  'queue pause': queuePause,
  'queue resume': queueResume,
  'queue drain': queueDrain,
  'limit list': limitList,
  'limit show': limitShow,
  'schedule add': scheduleAdd,
  'schedule list': scheduleList,
  'schedule show': scheduleShow,
  'schedule next': scheduleNext,
  'schedule check': scheduleCheck,
  'schedule pause': schedulePause,
  'schedule resume': scheduleResume,
  'schedule run-now': scheduleRunNow,
  'schedule edit': scheduleEdit,
  'schedule rm': scheduleRemove,
  'schedule import': scheduleImport,
  'dlq list': dlqList,
  'dlq ls': dlqList,
  'dlq show': dlqShow,
  'dlq retry': dlqRetry,
  'dlq restart': dlqRetry,
  'dlq export': dlqExport,
  'dlq purge': dlqPurge,
  'config get': configGet,
  'config set': configSet,
  'config list': configList,
  'config show': configList,
  'config unset': configUnset,
  doctor,
  init,
  completion,
  version,
  stats,
  metrics,
  events,
  web,
  dashboard: web,
}

/** What other queues have, and our commands do not: understood, and not listed. */
const UNLISTED: Readonly<Record<string, Load>> = {
  remove,
  clear,
  'dlq remove': dlqRemove,
  'dlq clear': dlqClear,
  'dlq count': dlqCount,
  'worker restart': workerRestart,
}

const NAMES = Object.keys(COMMANDS)
const ALL_NAMES = [...NAMES, ...Object.keys(UNLISTED)]
const LOADS: Readonly<Record<string, Load>> = { ...COMMANDS, ...UNLISTED }

/** The words that can come first, and those that can follow a group. */
export const firstWords = (): string[] => [...new Set(NAMES.map((name) => name.split(' ')[0] ?? ''))]
export const wordsAfter = (group: string): string[] => namesIn(group).map((name) => name.slice(group.length + 1))

/** The words typed, and all arguments, in our words. @throws QueueError USAGE for a command without a counterpart */
export const inOurCommands = (typed: Parameters<typeof inOurWords>[0]): ReturnType<typeof inOurWords> =>
  inOurWords(typed, ALL_NAMES)

/** The two-word commands of a group. */
const namesIn = (group: string): string[] => NAMES.filter((name) => name.startsWith(`${group} `))

/** The command that these words name. @throws QueueError USAGE when there is none, suggesting the nearest */
export async function findCommand(words: readonly string[]): Promise<CommandClass> {
  const [first = 'status', second = ''] = words
  const load = LOADS[`${first} ${second}`] ?? LOADS[first]
  if (load) return load()
  const group = namesIn(first)
  if (group.length === 0) throw unknownCommand(first)
  const known = group.map((name) => name.slice(first.length + 1))
  if (second === '') throw new QueueError('USAGE', `${first}: which one? ${known.join(', ')}`, seeHelp(first))
  const close = nearest(second, known)
  throw new QueueError(
    'USAGE',
    `unknown command: ${first} ${second}`,
    close ? `did you mean: queuectl ${first} ${close}?` : `there are: ${known.join(', ')}`,
  )
}

function unknownCommand(typed: string): QueueError {
  const spaced = typed.replace(/[-_:]/g, ' ')
  const close = commandNear(
    spaced,
    [...NAMES, ...firstWords()].filter((name) => name !== typed),
  )
  return new QueueError('USAGE', `unknown command: ${typed}`, close ? `did you mean: queuectl ${close}?` : seeHelp())
}

const seeHelp = (words = ''): string => `see: queuectl ${words && `${words} `}--help`

/** Every command once, or those of a group such as `worker`. */
export async function allCommands(group?: string): Promise<CommandClass[]> {
  const loads = new Set((group === undefined ? NAMES : namesIn(group)).map((name) => COMMANDS[name]))
  return Promise.all([...loads].flatMap((load) => (load ? [load()] : [])))
}

export const isGroup = (word: string): boolean => namesIn(word).length > 0
