/** `doctor`: reports what is wrong with the home, and repairs it with `--fix`. */
import { existsSync } from 'node:fs'
import { Command, Option } from 'clipanion'
import { homePath } from '../../config/env.ts'
import { noQueueYet } from '../output/status.ts'
import { type CheckResult, type Diagnosis, isUnfixed, Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { fitted, plural } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'

/** How many findings of one check are printed. */
const MAX_SHOWN = 20
/** The column at which what is said of a check begins. */
const BEFORE_TEXT = 21

export class DoctorCommand extends QueueCommand {
  static override paths = [['doctor']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'check the home, its jobs and its disk for problems',
    details: `Changes nothing but a scratch directory, in which it tries what the file system can do and which it removes. With
      --fix it does now what a worker would do sooner or later (take over from dead workers, remove leftovers, quarantine
      files) and prints each move; it leaves what needs your decision. Exit status 0 when no problem is left, else 1; a
      note is not a problem.`,
    examples: [
      ['Is everything all right', 'queuectl doctor'],
      ['Fix what can be fixed', 'queuectl doctor --fix'],
      ['For a script', "queuectl doctor --json | jq '.checks[].findings[]'"],
    ],
  })
  static override forms = ['[--fix]']

  fix = Option.Boolean('--fix', false, { description: 'do what a worker would do about it, and print each move' })

  /** Does not open the home, which would create missing directories and refuse an unsafe one. */
  override async execute(): Promise<number> {
    const { home } = this.context
    const root = homePath(home)
    if (!existsSync(root)) {
      if (this.json) this.printJson({ home: root, checks: [], healthy: true } satisfies Diagnosis)
      this.io.message(noQueueYet(root))
      return 0
    }
    const diagnosis = await Queue.diagnose({ fix: this.fix, ...(home === undefined ? {} : { home }) })
    if (this.json) this.printJson(diagnosis)
    else for (const line of this.lines(diagnosis)) this.print(line)
    return diagnosis.healthy ? 0 : 1
  }

  protected async run(): Promise<void> {
    await this.execute()
  }

  private lines({ home, checks, healthy }: Diagnosis): string[] {
    const { green, red, bold } = this.io.colors
    const problems = checks.flatMap(({ findings }) => findings.filter(isUnfixed))
    const end = healthy ? green('no problem found') : red(`${plural(problems.length, 'problem')} left`)
    return [bold(`The home ${visible(home)}`), ...checks.flatMap((one) => this.checkLines(one)), end]
  }

  private checkLines({ check, fact, findings }: CheckResult): string[] {
    const { green, red, yellow } = this.io.colors
    const label = `${check.padEnd(12)} `
    const blank = ' '.repeat(BEFORE_TEXT)
    const say = (before: string, text: string): string =>
      before + fitted(visible(text), this.io.columns - BEFORE_TEXT).join(`\n${blank}`)
    if (findings.length === 0) return [say(green('ok      ') + label, fact)]
    const shown = findings
      .slice(0, MAX_SHOWN)
      .flatMap(({ level, what, advice, fixed, partly_fixed }) => [
        say((level === 'problem' ? red('problem ') : yellow('note    ')) + label, what),
        ...(fixed === undefined && advice !== undefined ? [say(blank, `-> ${advice}`)] : []),
        ...(fixed ?? partly_fixed ?? []).map((done) => `${blank}${green('fixed:')} ${visible(done)}`),
      ])
    const more = findings.length - MAX_SHOWN
    return more > 0 ? [...shown, `        ${label}and ${more} more: queuectl doctor --json has them all`] : shown
  }
}
