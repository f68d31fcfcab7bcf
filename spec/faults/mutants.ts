/**
 * Mutants: a protection is taken out of a copy of the compiled program, and the tale of that protection must fail. A
 * patch that does not fit any more fails the run: then the mutant has to be written anew.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnv, ROOT } from '../../fixtures/program.ts'
import type { Protection } from './protections.ts'

interface Patch {
  /** Below `dist/lib/`. */
  readonly file: string
  /** Occurs exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  readonly patches: readonly Patch[]
  /** What must fail then. */
  readonly caughtBy: Protection
}

const patch = (file: string, find: string, replace: string): Patch => ({ file, find, replace })

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no file sync',
    patches: [patch('disk/files.js', 'if (durable)\n            fsyncSync(fd);', '')],
    caughtBy: 'what is acknowledged was flushed before, and so was its name',
  },
  {
    name: 'no directory sync',
    patches: [patch('spool/enqueue.js', 'of flushedDirs(home, prepared))\n', 'of [])\n')],
    caughtBy: 'what is acknowledged was flushed before, and so was its name',
  },
  {
    name: 'no directory sync of a batch',
    patches: [patch('spool/enqueue.js', 'new Set(all.flatMap((prepared) => flushedDirs(home, prepared)))', '[]')],
    caughtBy: 'what is acknowledged was flushed before, and so was its name',
  },
  {
    name: 'no sync of a stamp',
    patches: [patch('disk/files.js', 'await flushFile(begun.fd);', ';')],
    caughtBy: 'what a stamp replaces was flushed before',
  },
  {
    name: 'no sync of a stamp of a plain run',
    patches: [patch('run/plain.js', 'flushFileThen(written.fd, ', '((_fd, then) => then(null))(written.fd, ')],
    caughtBy: 'what a stamp replaces was flushed before',
  },
  {
    name: 'acknowledge first',
    patches: [
      patch(
        'cli/commands/enqueue.js',
        'const job = await queue.enqueue(this.request(source.job));\n            show(job);',
        'const job = this.request(source.job); show(job); await queue.enqueue(job);',
      ),
    ],
    caughtBy: 'no id is printed while its job is not in view',
  },
  {
    name: 'liveness by lease',
    patches: [
      patch(
        'spool/holders.js',
        "fifo: fifoState(join(dir, 'alive')),",
        "fifo: Date.now() - (lstat(join(dir, 'lease'))?.mtimeMs ?? Date.now()) < 30_000 ? 'held' : 'free',",
      ),
      patch('worker/recover.js', ' || peers.isWatching(name)', ''),
    ],
    caughtBy: 'a worker that was stopped for an hour is alive, and keeps its jobs',
  },
  {
    name: 'run without the inherited descriptor',
    patches: [patch('run/shell.js', '} 3<>"$2"', '} 3</dev/null')],
    caughtBy: 'a job goes on when its worker is killed, and is neither lost nor repeated',
  },
  {
    name: 'one FIFO for worker and job',
    patches: [
      patch(
        'run/shell.js',
        '( queuectl_suffix=$6',
        '( exec 5<>"${1%/*}/alive"; queuectl_suffix=$6'.replaceAll('$', '\\$'),
      ),
    ],
    caughtBy: 'the death of a worker is noticed at once, while its job runs on and every other slot is busy',
  },
  {
    name: 'a shell does not ask whether the job is still ours',
    patches: [patch('run/shell.js', '[ -p "$2" ] && {\n[ -e "$1" ] && {', '{\n{')],
    caughtBy: 'what a shell was asked to start when its worker died does not run beside its next run',
  },
  {
    name: 'same rename target',
    patches: [
      patch(
        'spool/transitions.js',
        'const path = join(ownDir, fileName);',
        "makeDir(join(home.processing, 'all')); const path = join(home.processing, 'all', fileName);",
      ),
      patch('worker/slots.js', 'run && !exists(join(ownDir, fileName))', 'run && !exists(run.held.path)'),
    ],
    caughtBy: 'a claimed job that comes back by cp overwrites nothing and does not run beside itself',
  },
  {
    name: 'stamp after move',
    patches: [
      patch(
        'run/settle.js',
        'if (await stampHeld(held, record, ctx.config.durability)) {',
        `if (!settleMove(ctx.home, held, record, verdict.to, verdict.due ?? now)) return false;
        const moved = findExact(ctx.home, record.id);
        return moved !== undefined && (await stampHeld({ ...held, path: moved.path }, record, ctx.config.durability));
        {`,
      ),
    ],
    caughtBy: 'a job in done/ says how it ended, wherever its worker died',
  },
  {
    name: "no 'ended because' note",
    patches: [
      patch('run/active-run.js', 'this.#note = writeNote(this.#home, this.id, this.run, note);', 'this.#note = note;'),
    ],
    caughtBy: 'a run that was being ended when its worker died was not interrupted',
  },
  {
    name: 'O_EXCL of the run log dropped',
    patches: [patch('disk/files.js', 'WRITE | constants.O_EXCL | constants.O_APPEND', 'WRITE | constants.O_APPEND')],
    caughtBy: 'a record that is older than a settled run does not start it again',
  },
  {
    name: 'a missing FIFO is taken for a free one',
    patches: [patch('run/run-life.js', "if (mark === 'none')", 'if (mark)')],
    caughtBy: 'a run whose FIFO is gone and whose worker is killed goes on, and no other begins',
  },
  {
    name: 'earlier traces are not asked for a new record',
    patches: [patch('run/start.js', 'read.runs === 0 && isMadeId(read.id)', 'read.runs === 0')],
    caughtBy: 'an id that is used again at once does not run beside what is left of its last job',
  },
  {
    name: 'purge unlinks a held FIFO',
    patches: [
      patch('operator/purge.js', 'if (mayBeAlive(home, id))', 'if (false)'),
      patch(
        'operator/purge.js',
        "removeTraces(paths, lifeOf(paths, readMark(paths).mark, true) !== 'over');",
        'removeTraces(paths, false);',
      ),
    ],
    caughtBy: 'a job that left a process is not purged, so that its id does not run beside it',
  },
  {
    name: 'one bad holder ends the round',
    patches: [
      patch(
        'worker/recover.js',
        'await troubles.containAsync(`processing/${name}`, `recover from processing/${name}`, () => recoverHolder(ctx, name, host));',
        'await recoverHolder(ctx, name, host);',
      ),
    ],
    caughtBy: 'a holder that cannot be read costs the others nothing',
  },
  {
    name: 'one bad door ends the round',
    patches: [
      patch(
        'worker/doors.js',
        'await this.#atDoor(parent, async () => this.#lookAt(parent, seen));',
        'this.#lookAt(parent, seen);',
      ),
      patch(
        'worker/doors.js',
        "await this.#host.contain('waiting', 'look who waits for others', () => this.#look());",
        'await this.#look();',
      ),
    ],
    caughtBy: 'a door that cannot be looked at costs the others nothing',
  },
  {
    name: 'one bad limit ends the round',
    patches: [
      patch(
        'worker/numbers.js',
        'return this.#host.troubles.attempt(entryOf(name), `use the limit ${name}`, act);',
        'return act();',
      ),
    ],
    caughtBy: 'a limit that cannot be used costs only the jobs under it',
  },
  {
    name: 'an ill disk is taken for a bad file',
    patches: [patch('run/held-job.js', "if (failureKind(error) !== 'content')", 'if (false)')],
    caughtBy: 'a job that cannot be read now stays, and runs once it can be',
  },
  {
    name: 'output removed before the job',
    patches: [
      patch(
        'operator/purge.js',
        'const mark = join(marks, fileName);\n            let unblock',
        'removeOutput(home, id, removeTree); const mark = join(marks, fileName);\n            let unblock',
      ),
    ],
    caughtBy: 'a job whose removal is cut off is whole, with its output, or gone with all of it',
  },
  {
    name: 'ENOENT is believed',
    patches: [patch('disk/files.js', 'return look();', 'return false;')],
    caughtBy: 'what was done is believed, although its reply was lost',
  },
  {
    name: 'a job that was taken on at once is not searched for',
    patches: [patch('spool/enqueue.js', '!exists(aside) && findSame(home, job) !== undefined', 'false')],
    caughtBy: 'what was done is believed, although its reply was lost',
  },
  {
    name: 'a card of another boot is dead at once',
    patches: [patch('spool/holder-life.js', "seen.isOlderThanBoot() ? 'dead' : 'watch'", "'dead'")],
    caughtBy: 'a clone of our machine keeps its job while it renews its lease, and only then',
  },
  {
    name: 'a card of another boot is left alone for ever',
    patches: [patch('spool/holder-life.js', "seen.isOlderThanBoot() ? 'dead' : 'watch'", "'elsewhere'")],
    caughtBy: 'a clone of our machine keeps its job while it renews its lease, and only then',
  },
  {
    name: 'a free FIFO counts in every boot',
    patches: [
      patch(
        'spool/holder-life.js',
        "if (fifo === 'held')",
        "if (fifo === 'free') return 'dead';\n    if (fifo === 'held')",
      ),
    ],
    caughtBy: 'a clone of our machine keeps its job while it renews its lease, and only then',
  },
  {
    name: 'a pid counts in every pid namespace',
    patches: [patch('spool/reservation.js', 'if (isSameNamespace(owner, me))', 'if (owner.boot === me.boot)')],
    caughtBy: 'an id is refused while a process of another pid namespace may publish its job',
  },
  {
    name: 'the pid in a sign counts in every pid namespace',
    patches: [patch('spool/doors.js', 'if (isSameNamespace(owner, ownIdentity()))', 'if (true)')],
    caughtBy: 'a job stays while a process of another pid namespace may make another wait for it',
  },
  {
    name: 'alive is healthy',
    patches: [patch('spool/silence.js', "life === 'alive' && not_answering_since === undefined", "life === 'alive'")],
    caughtBy: 'a worker that is stopped is not healthy',
  },
  {
    name: 'the message to stop is not read',
    patches: [patch('worker/worker.js', 'this.#obeyStop();', ';')],
    caughtBy: 'a worker is stopped by a message',
  },
  {
    name: 'a person is believed at once',
    patches: [
      patch(
        'spool/silence.js',
        'if (stamp !== first)',
        'if (stamp === first) return stamp;\n        if (stamp !== first)',
      ),
    ],
    caughtBy: 'a worker that renews its lease is not forgotten',
  },
  {
    name: 'only the job at whose door it waits is asked',
    patches: [patch('worker/doors.js', 'notGone(stateOfParent(this.#home, id))', "'completed'")],
    caughtBy: 'a job that waits for two runs before neither',
  },
  {
    name: 'only ends that were recorded open a door',
    patches: [patch('worker/doors.js', "if (is === 'completed' || is === 'dead')", 'if (false)')],
    caughtBy: 'the end of a job that no worker recorded is found all the same',
  },
  {
    name: 'a pause is not waited for',
    patches: [patch('operator/obeyed.js', 'let left = workersNotObeying(home, queue, what);', 'let left = [];')],
    caughtBy: 'who pauses a queue is told which workers do not obey',
  },
  {
    name: 'a number by its job alone',
    patches: [patch('spool/limits.js', "lstat(path) !== undefined : state === 'held'", 'false : false')],
    caughtBy: 'a number of a limit is taken while its job is held or its run alive, and only then',
  },
  {
    name: 'a number by its FIFO alone',
    patches: [patch('spool/limits.js', 'if (isPresent(claim) && lstat(', 'if (false && lstat(')],
    caughtBy: 'a number of a limit is taken while its job is held or its run alive, and only then',
  },
  {
    name: 'an earlier claim of our own counts by its job',
    patches: [patch('spool/limits.js', 'if (isPresent(claim) && lstat(', 'if (lstat(')],
    caughtBy: 'what we took in an earlier claim of a job does not keep us waiting',
  },
  {
    name: 'numbers are counted and not judged',
    patches: [patch('spool/limits.js', 'if (isFree({ home, isPresent }, name, number))', 'if (false)')],
    caughtBy: 'numbers above a lowered cap whose workers were killed keep nobody waiting',
  },
  {
    name: 'obeyed before it is signed for',
    patches: [patch('worker/worker.js', 'this.#numbers.sign(this.#slots.goingOn())', 'true')],
    caughtBy: 'settings are not obeyed before every run has its number',
  },
  {
    name: 'a job under a limit is started as plain',
    patches: [patch('worker/slots.js', 'if (fifo)\n            return', 'if (false)\n            return')],
    caughtBy: 'a run that outlives its worker keeps its number',
  },
  {
    name: 'only the maker of a generation publishes its job',
    patches: [patch('worker/schedules.js', 'if (last?.unpublished !== undefined &&', 'if (false &&')],
    caughtBy: 'what a schedule has made is published by any worker',
  },
  {
    name: 'a generation is made over another',
    patches: [
      patch(
        'spool/schedules.js',
        'if (moveOntoEmpty(aside, generationDir(home, name, next.number))) {',
        'removeScratchDir(generationDir(home, name, next.number)); if (moveOntoEmpty(aside, generationDir(home, name, next.number))) {',
      ),
    ],
    caughtBy: 'of two that make a generation of a schedule one does',
  },
  {
    name: 'an edit is no new begin',
    patches: [patch('schedule/decide.js', 'last.hash !== hash || ', '')],
    caughtBy: 'an edit of a schedule fires nothing',
  },
  {
    name: 'the newest link of a unique key is not judged',
    patches: [patch('spool/unique.js', 'last > 0 ? judge(home, join(dir, String(last)), wanted)', "last < 0 ? 'free'")],
    caughtBy: 'a job of a unique key keeps another one out',
  },
  {
    name: 'a unique key without a job in view is free',
    patches: [patch('spool/unique.js', "return isComing ? holder : 'free'", "return 'free'")],
    caughtBy: 'a unique key is not free while a process is about to publish its job',
  },
  {
    name: 'a unique key outlives the process that took it',
    patches: [patch('spool/unique.js', ' && isReserving(home, link, undefined)', '')],
    caughtBy: 'a unique key that a process died with before its job was there is free',
  },
]

/** @throws Error when a patch does not fit the program as it is. */
export function fits(mutant: Mutant): void {
  for (const one of mutant.patches) mutated(mutant, one, join(ROOT, 'dist/lib', one.file))
}

/** Whether the tale failed of the mutant, and its last words. @throws Error when a patch does not fit. */
export async function isCaught(mutant: Mutant): Promise<{ readonly caught: boolean; readonly words: string }> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'queuectl-mutant-')))
  try {
    for (const part of [
      'dist/lib',
      'dist/bin',
      'dist/fixtures',
      'dist/spec/faults',
      'fixtures/programs',
      'spec/faults',
    ])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'))
    symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(copy, 'node_modules'))
    for (const one of mutant.patches) {
      const path = join(copy, 'dist/lib', one.file)
      writeFileSync(path, mutated(mutant, one, path))
    }
    const built = await run(copy, ['dist/bin/bundle.js'])
    if (built.code !== 0) throw new Error(`the mutant "${mutant.name}" cannot be built: ${built.output}`)
    const { code, output } = await run(copy, ['dist/spec/faults/protect.js', mutant.caughtBy])
    return { caught: code === 1, words: output.trim() }
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The text of a file with the patch in it. */
function mutated(mutant: Mutant, { file, find, replace }: Patch, path: string): string {
  const parts = readFileSync(path, 'utf8').split(find)
  if (parts.length !== 2)
    throw new Error(`the mutant "${mutant.name}" does not fit: ${parts.length - 1} times in ${file}: ${find}`)
  return parts.join(replace)
}

function run(cwd: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}
