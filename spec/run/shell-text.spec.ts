/** What resident shells are told, as dash, bash and busybox understand it. */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import type { RunPaths } from '../../lib/run/paths.ts'
import { SHELL, shellRequest, type StartRequest } from '../../lib/run/shell.ts'

const test = suite('what shells are told')

interface Told {
  readonly reports: readonly string[]
  out(run: number): string
  err(run: number): string
  mark(run: number): string
}

/** Tells a shell to do these runs, one after the other. */
function tell(
  shell: readonly string[],
  dir: string,
  runs: readonly (Partial<Pick<StartRequest, 'cwd' | 'held' | 'argv' | 'env'>> & {
    readonly isPlain: boolean
    /** In place of this file there is a directory. */
    readonly shut?: string
  })[],
): Told {
  const at = (run: number, kind: string): string => join(dir, `${run}.${kind}`)
  writeFileSync(join(dir, 'held'), '')
  const text = runs.map(({ isPlain, shut, ...more }, run) => {
    const [fifo, mark, out, err] = [at(run, 'fifo'), at(run, 'mark'), at(run, 'out'), at(run, 'err')]
    makeFifos([fifo])
    for (const path of [out, err]) closeSync(openSync(path, 'w'))
    const made = { fifo, mark, out, err }
    const paths = (shut === undefined ? made : { ...made, [shut]: join(dir, 'shut') }) as RunPaths
    return shellRequest(
      { held: join(dir, 'held'), paths, cwd: dir, argv: ['/bin/true'], env: {}, ...more },
      'x=1',
      isPlain,
    )
  })
  const [program = '', ...args] = shell
  const { stdout, error } = spawnSync(program, [...args, '-s'], {
    argv0: args.length === 0 ? 'sh' : program,
    cwd: '/',
    input: SHELL + text.join(''),
    env: { PATH: '/usr/bin:/bin' },
  })
  if (error) skip(`there is no ${program}`)
  const read = (run: number, kind: string): string =>
    existsSync(at(run, kind)) ? readFileSync(at(run, kind), 'utf8') : ''
  return {
    reports: String(stdout).trim().split('\n'),
    out: (run) => read(run, 'out'),
    err: (run) => read(run, 'err'),
    mark: (run) => read(run, 'mark'),
  }
}

for (const shell of [['dash'], ['bash'], ['busybox', 'sh']] as const)
  for (const isPlain of [false, true]) {
    const named = (what: string): string => `${shell.join(' ')}, ${isPlain ? 'without' : 'with'} a sub-shell: ${what}`

    test(
      named('a run finds nothing of the one before it'),
      inWorld(async ({ dir }) => {
        mkdirSync(join(dir, 'other'))
        const show = ['/bin/sh', '-c', 'pwd; echo "$PWD $OLDPWD $A"; env | grep queuectl_; exit 7']
        const env = { A: "it's\nmine" }
        const told = tell(shell, dir, [
          { isPlain, argv: show, env },
          { isPlain, argv: ['/bin/sh', '-c', 'cd /usr; A=changed; exit 3'], cwd: join(dir, 'other'), env },
          { isPlain, argv: show, env },
        ])
        assert.equal(told.reports, ['7', '3', '7'])
        assert.is(told.out(0), `${dir}\n${dir} / it's\nmine\n`)
        assert.is(told.out(2), told.out(0))
        for (const run of [0, 2]) assert.match(told.mark(run), /^\d+ \(.* x=1\n7\n$/)
      }),
    )

    test(
      named('a program that is not there is told of in the same words each time'),
      inWorld(async ({ dir }) => {
        const argv = ['/no/such/program', 'x']
        const told = tell(shell, dir, [{ isPlain, argv }, { isPlain }, { isPlain, argv }])
        assert.equal(told.reports, ['127', '0', '127'])
        assert.match(told.err(0), /no\/such\/program/)
        assert.is(told.err(2), told.err(0))
      }),
    )

    test(
      named('what cannot begin does not, leaves no start mark, and does no harm to the next'),
      inWorld(async ({ dir }) => {
        const told = tell(shell, dir, [
          { isPlain, held: join(dir, 'gone') },
          { isPlain, cwd: join(dir, 'gone') },
          { isPlain, argv: ['/bin/sh', '-c', 'echo "$OLDPWD"'] },
        ])
        assert.equal(told.reports, ['gone', 'unbegun', '0'])
        assert.equal([told.mark(0), told.mark(1), told.out(2)], ['', '', '/\n'])
      }),
    )

    test(
      named('a run whose output cannot be opened does not begin, and uses no attempt'),
      inWorld(async ({ dir }) => {
        mkdirSync(join(dir, 'shut'))
        for (const kind of ['out', 'err']) {
          const told = tell(shell, dir, [{ isPlain, shut: kind }, { isPlain }])
          assert.equal(told.reports, ['unbegun', '0'])
          assert.is(told.mark(0), '')
          for (const run of [0, 1]) rmSync(join(dir, `${run}.fifo`))
          rmSync(join(dir, '1.mark'))
        }
      }),
    )

    test(
      named('a signal is told as 128 and more, and the shell lives on'),
      inWorld(async ({ dir }) => {
        const die = (signal: string): readonly string[] => ['/bin/sh', '-c', `kill -${signal} $$`]
        const signals = ['TERM', 'INT', 'HUP', 'KILL', 'SEGV']
        const told = tell(shell, dir, [...signals.map((signal) => ({ isPlain, argv: die(signal) })), { isPlain }])
        assert.equal(told.reports, ['143', '130', '129', '137', '139', '0'])
      }),
    )
  }

test.run()
