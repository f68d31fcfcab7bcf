/** The script of a job, run by the shells that may be /bin/sh. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skip, skippable } from '../../fixtures/skip.ts'
import type { JobRequest } from '../../lib/job/job.ts'
import { runnableScript } from '../../lib/job/runnable.ts'

const test = suite('the script of a job')

const run = (shell: string, job: JobRequest): { status: number | null; stdout: string } => {
  const [file = '', ...args] = shell.split(' ')
  const { status, stdout, error } = spawnSync(file, [...args, '-s'], {
    input: runnableScript({ id: 'x', ...job }, '/home/q'),
    encoding: 'utf8',
  })
  if (error) skip(`no ${shell}`)
  return { status, stdout }
}

for (const shell of ['dash', 'bash', 'busybox sh']) {
  test(
    `a script run by ${shell} goes to the directory, sets the environment and exits as the command does`,
    skippable(() => {
      const dir = realpathSync(mkdtempSync(join(tmpdir(), "it's-")))
      const command = 'pwd; printenv A QUEUECTL_JOB_ID QUEUECTL_HOME; exit 3'
      const { status, stdout } = run(shell, { command, cwd: dir, env: { A: "it's\n$HOME" } })
      assert.equal([status, stdout], [3, `${dir}\nit's\n$HOME\nx\n/home/q\n`])
    }),
  )

  test(
    `a script run by ${shell} sets variables that a shell cannot`,
    skippable(() => {
      const command = ['printenv', 'odd.name', 'PPID']
      assert.is(run(shell, { command, cwd: '/', env: { 'odd.name': 'b', PPID: 'c' } }).stdout, 'b\nc\n')
    }),
  )

  test(
    `a script run by ${shell} gives the command its input, and nothing otherwise`,
    skippable(() => {
      assert.is(run(shell, { command: ['cat'], cwd: '/', stdin: "a\n'b'" }).stdout, "a\n'b'")
      assert.is(run(shell, { command: ['cat'], cwd: '/' }).stdout, '')
    }),
  )

  test(
    `a script run by ${shell} takes no argument for an option, an assignment or a builtin`,
    skippable(() => {
      for (const command of [['-x'], ['A=1', 'env'], ['exit', '0']] as const)
        assert.is(run(shell, { command, cwd: '/' }).status, 127)
    }),
  )

  test(
    `a script run by ${shell} in a directory that is not there runs nothing`,
    skippable(() => {
      assert.equal(run(shell, { command: 'echo hi', cwd: '/not/there' }), { status: 126, stdout: '' })
    }),
  )
}

test.run()
