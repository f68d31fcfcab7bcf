/** `service install`: has systemd or launchd keep a worker running. */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, Option } from 'clipanion'
import { homePath, isHomeNamed, isUsualHome, searchPath } from '../../../config/env.ts'
import { QueueError } from '../../../errors.ts'
import type { ServicePlan } from '../../../service/plan.ts'
import { directoryOf } from '../../../service/supervisor.ts'
import { isCount } from '../../input/option-types.ts'
import { MOST_SLOTS } from '../worker/start.ts'
import { ServiceCommand } from './command.ts'

export class ServiceInstallCommand extends ServiceCommand {
  static override paths = [['service', 'install']]
  static override usage = Command.Usage({
    category: 'Services',
    description: 'have systemd or launchd keep a worker running',
    details: `Writes the files and starts what they say, now and with the machine; again, it replaces them. When the worker is
      stopped by it, its jobs run on and the next worker adopts them. Each minute it is asked whether a worker answers, and
      started anew if not. With --on-demand no worker stays: one is started when a job comes in or is due, by the minute.`,
    examples: [
      ['For you, four jobs at a time', 'queuectl service install --workers 4'],
      ['For the machine, as a user of its own', 'sudo queuectl service install --system --run-as queue'],
      ['See the files first', 'queuectl service install --print'],
      ['With the dashboard', 'queuectl service install --web'],
    ],
  })
  static override forms = ['[--user|--system] [options]']

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
    if (this.onlyPrint) {
      const files = supervisor
        .filesOf(plan)
        .map(({ fileName, text }) => ({ path: join(supervisor.dir(plan.scope), fileName), text }))
      if (this.json) return this.printJson({ name: plan.name, files, started: [] })
      for (const { path, text } of files) this.print(`# ${path}\n${text}`)
      return
    }
    const started = await installService(plan, supervisor)
    const files = supervisor
      .filesOf(plan)
      .map(({ fileName, text }) => ({ path: join(supervisor.dir(plan.scope), fileName), text }))
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
      web: this.web,
      onDemand: this.onDemand,
    }
  }
}

/** The worker would refuse it at each start. */
function refuseHomeOfOther(home: string): void {
  const uid = statSync(home, { throwIfNoEntry: false })?.uid ?? 0
  if (uid !== 0)
    throw new QueueError('UNSAFE_HOME', `${home} belongs to another user (uid ${uid})`, 'name that user with --run-as')
}
