/** `service install`: has systemd or launchd keep a worker running. */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Cli, Command, Option } from 'clipanion'
import { homePath, isHomeNamed, isUsualHome, searchPath } from '../../../config/env.ts'
import { QueueError } from '../../../errors.ts'
import { Queue } from '../../../queue.ts'
import type { ServicePlan } from '../../../service/plan.ts'
import { directoryOf } from '../../../service/supervisor.ts'
import { isCount } from '../../input/option-types.ts'
import type { Context } from '../../command.ts'
import { MOST_SLOTS, WorkerStartCommand } from '../worker/start.ts'
import { ServiceCommand } from './command.ts'

export class ServiceInstallCommand extends ServiceCommand {
  static override paths = [['service', 'install']]
  static override usage = Command.Usage({
    category: 'Services',
    description: 'have systemd or launchd keep a worker running',
    details: `Writes the files and starts what they say, now and with the machine; again, it replaces them. When the worker is
      stopped by it, its jobs run on and the next worker adopts them. Each minute it is asked whether a worker answers, and
      started anew if not. With --on-demand no worker stays: one is started when a job comes in or is due, by the minute.
      What follows -- are options of worker start.`,
    examples: [
      ['For you, four jobs at a time', 'queuectl service install --workers 4'],
      ['For the machine, as a user of its own', 'sudo queuectl service install --system --run-as queue'],
      ['A worker for one queue, on a quiet machine', 'queuectl service install -- --queue mail --max-load 4'],
      ['See the files first', 'queuectl service install --print'],
      ['With the dashboard', 'queuectl service install --web'],
    ],
  })
  static override forms = ['[--user|--system] [options] [-- WORKER OPTIONS]']
  static override readonly takesExact = true

  workers = Option.String('--workers', '1', {
    description: '<N> how many jobs run at a time (1)',
    validator: isCount(1, MOST_SLOTS),
  })
  web = Option.Boolean('--web', false, { description: 'the dashboard as well' })
  onDemand = Option.Boolean('--on-demand', false, { description: 'no resident worker: start one when there is work' })
  runAs = Option.String('--run-as', { description: '<USER> whose jobs a service of the machine runs (root)' })
  onlyPrint = Option.Boolean('--print', false, { description: 'print the files and do nothing' })

  override async execute(): Promise<void> {
    const { installService, lingers, supervisorHere } = await import('../../../service/install.ts')
    const plan = this.plan()
    const supervisor = supervisorHere()
    const files = supervisor
      .filesOf(plan)
      .map(({ fileName, text }) => ({ path: join(supervisor.dir(plan.scope), fileName), text }))
    if (this.onlyPrint) {
      if (this.json) return this.printJson({ name: plan.name, files, started: [] })
      for (const { path, text } of files) this.print(`# ${path}\n${text}`)
      return
    }
    // A broken config.json is the most common reason for a failed start. That of another user's home is read by that user.
    if (plan.user === undefined) Queue.open({ home: plan.home, warn: () => {}, make: false }).config()
    const started = await installService(plan, supervisor)
    if (this.json) this.printJson({ name: plan.name, files, started })
    else {
      for (const { path } of files) this.print(`Wrote ${path}`)
      this.print(`Started ${started.join(' and ')}`)
    }
    if (supervisor.kind === 'systemd' && plan.scope === 'user' && !lingers())
      this.io.message('it ends when you log out, and starts when you log in: loginctl enable-linger keeps it running')
  }

  private plan(): ServicePlan {
    const { scope, runAs } = this
    if (runAs !== undefined && scope === 'user') throw new QueueError('USAGE', '--run-as is for --system')
    if (runAs !== undefined && !/^[a-z_][\w.-]*\$?$/i.test(runAs))
      throw new QueueError('USAGE', `--run-as ${JSON.stringify(runAs)} is no name of a user`)
    const isTheirs = runAs !== undefined && !isHomeNamed(this.context.home)
    const home = isTheirs ? join(directoryOf(runAs), '.queuectl') : homePath(this.context.home)
    if (scope === 'system' && runAs === undefined) refuseHomeOfOther(home)
    return {
      ...this.which(home, isTheirs || isUsualHome(home)),
      user: runAs,
      program: [process.execPath, resolve(this.io.program)],
      path: searchPath(),
      workers: this.workers,
      options: workerOptions(this.context),
      web: this.web,
      onDemand: this.onDemand,
    }
  }
}

/** Options of `worker start` that it would accept, and that do not take it from its supervisor. @throws QueueError USAGE */
function workerOptions(context: Context): readonly string[] {
  const options = context.exact ?? []
  const cli = new Cli<Context>()
  cli.register(WorkerStartCommand)
  // A word that is wrong is told as one of our own.
  cli.process(['worker', 'start', ...options], context)
  const ours = Object.keys(INSTEAD).find((name) => options.some((word) => word === name || word.startsWith(`${name}=`)))
  if (ours !== undefined) throw new QueueError('USAGE', `service install: ${ours} is not for its worker`, INSTEAD[ours])
  return options
}

const INSTEAD: Readonly<Record<string, string>> = {
  '-c': 'say how many jobs run at a time with --workers',
  '--count': 'say how many jobs run at a time with --workers',
  '--burst': 'a worker that ends when nothing is left is started with --on-demand',
  '--max-jobs': 'it would end, and not be started again',
  '--idle-exit': 'a worker that is there only when there is work is started with --on-demand',
  '--only': 'a job that is to run now: queuectl worker start --only ID',
  '--foreground': 'it runs in the foreground of its supervisor',
  '--background': 'it runs in the foreground of its supervisor',
}

/** The worker would refuse it at each start. */
function refuseHomeOfOther(home: string): void {
  const uid = statSync(home, { throwIfNoEntry: false })?.uid ?? 0
  if (uid !== 0)
    throw new QueueError('UNSAFE_HOME', `${home} belongs to another user (uid ${uid})`, 'name that user with --run-as')
}
