/** Variables and programs that a shell has its own ideas about: the command gets what was given. */
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, outputOf, runAll } from '../../fixtures/jobs.ts'
import { skip, skippable } from '../../fixtures/skip.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { splitInherited, splitVariables } from '../../lib/run/environment.ts'

const test = suite('variables of commands')

/** What shells compute, reset, import or refuse. */
const NAMES = (
  'RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS EPOCHREALTIME HISTCMD DIRSTACK GROUPS FUNCNAME COMP_WORDBREAKS UID EUID ' +
  'PPID IFS PS1 PS2 PS4 OPTIND OPTERR OPTARG REPLY SHELLOPTS BASHOPTS BASHPID BASH_ENV BASH_COMPAT BASH_ARGC ' +
  'POSIXLY_CORRECT LC_ALL LC_CTYPE LANG ENV CDPATH PWD OLDPWD SHLVL _ MAIL TMOUT COLUMNS LINES TERM HOSTNAME MACHTYPE ' +
  'HISTFILE GLOBIGNORE TZ HOME USER FOO s c a.b x-y 1x BASH_FUNC_f%% queuectl_run'
).split(' ')
const ODD = { ...Object.fromEntries(NAMES.map((name) => [name, '1x z'])), 'with space': "a'b\nc", '-n': '=' }

for (const [shell, ...args] of [['dash'], ['bash'], ['busybox', 'sh']] as const)
  test(
    `${shell} passes on every variable that is left to it`,
    skippable(() => {
      const run = (variables: Record<string, string>, text: string): Record<string, string> => {
        const { stdout, stderr, error } = spawnSync(shell, [...args, '-s'], {
          argv0: args.length === 0 ? 'sh' : shell,
          input: text,
          env: { PATH: '/usr/bin:/bin', ...variables },
        })
        if (error) skip(`there is no ${shell}`)
        assert.is(String(stderr), '')
        return Object.fromEntries(
          String(stdout)
            .split('\0')
            .map((one) => one.split(/=(.*)/s).slice(0, 2)),
        )
      }
      const { plain } = splitVariables(ODD)
      assert.ok(Object.keys(plain).length > 10)
      const exported = Object.entries(plain).map(([name, value]) => `export '${name}=${value}'`)
      const given = run({}, `( ${exported.join('; ')}; exec /usr/bin/env -0 )\n`)
      const inherited = splitInherited({
        LC_ALL: 'C',
        ...Object.fromEntries(Object.entries(ODD).filter(([n]) => !n.startsWith('LC_'))),
      })
      const kept = run(inherited.plain, '( exec /usr/bin/env -0 )\n')
      for (const [name, value] of Object.entries(plain)) {
        assert.is(given[name], value, name)
        if (name in inherited.plain) assert.is(kept[name], value, name)
      }
    }),
  )

/** The variables that a job which prints them has got. */
async function got(world: World, id: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await outputOf(world.queue, id)).out.split('\0').map((one) => one.split(/=(.*)/s).slice(0, 2)),
  )
}

for (const [way, more] of Object.entries({ 'a resident shell': {}, 'a process of its own': { stdin: 'x' } }))
  test(
    `every variable of a job and of its worker reaches a command that ${way} starts`,
    inWorld(async (world) => {
      await add(world, ['env', '-0'], { id: 'a', env: ODD, ...more })
      await runAll(world, 1, { 'worker.own': 'x3', SECONDS: 's', 'a.b': 'the job’s goes before' })
      const found = await got(world, 'a')
      for (const [name, value] of Object.entries({ ...ODD, 'worker.own': 'x3' })) assert.is(found[name], value, name)
    }),
  )

test(
  'a program whose name looks like an option is run as given, or is not found',
  inWorld(async (world) => {
    for (const [i, argv] of [['--', 'echo'], ['-c', 'echo hi'], ['-a', 'x', 'echo'], ['-'], ['exit', '3']].entries())
      await add(world, argv, { id: `gone${i}`, max_retries: 1 })
    writeFileSync(join(world.dir, '-a'), '#!/bin/sh\necho "ran $*"\n')
    chmodSync(join(world.dir, '-a'), 0o755)
    await add(world, ['-a', 'x y'], { id: 'there', env: { PATH: `${world.dir}:/usr/bin:/bin` } })
    await runAll(world)
    for (let i = 0; i < 5; i++) assert.is((await world.queue.get(`gone${i}`)).exit_code, 127, String(i))
    assert.is((await outputOf(world.queue, 'there')).out, 'ran x y\n')
  }),
)

test(
  'a variable that would not get past the shell of a command line is refused when it is given',
  inWorld(async (world) => {
    const ran = await world.cli(['enqueue', '--env', 'a.b=1', 'env'])
    assert.is(ran.code, 2)
    assert.match(ran.stderr, /the variable "a\.b" would not get past the shell.*\nhint: give the command as an array/)
  }),
)

test.run()
