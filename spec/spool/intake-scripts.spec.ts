/** Dropped scripts that become jobs: when they are whole, and what their text becomes. */
import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { aJob } from '../../fixtures/job.ts'
import { type IntakeClock, withIntake } from '../../fixtures/intake-clock.ts'
import { until } from '../../fixtures/until.ts'
import { isScriptName } from '../../lib/job/file-name.ts'
import { printJob } from '../../lib/job/print.ts'
import { putBackIntakeOf } from '../../lib/spool/intake.ts'
import { countJobs, jobFiles, readJobFile } from '../../lib/spool/scan.ts'
import type { Job } from '../../lib/job/job.ts'

const test = suite('intake of dropped scripts')

/** A script as `mv` brings it: written some time ago. */
function moveIn(intake: IntakeClock, fileName: string, text: string | Uint8Array, agoSeconds = 60): string {
  intake.drop(fileName, typeof text === 'string' ? new TextEncoder().encode(text) : text)
  const path = join(intake.home.pending, fileName)
  const written = Date.now() / 1000 - agoSeconds
  utimesSync(path, written, written)
  return path
}

async function taken(intake: IntakeClock, fileName: string): Promise<Job> {
  const result = await intake.take(fileName)
  if (result.kind !== 'taken') throw new Error(`not taken: ${JSON.stringify(result)}`)
  return result.job
}

test(
  'a finished script that is moved in is a job at once: its text the command, its stem the id',
  withIntake(async (intake, { home }) => {
    moveIn(intake, 'nightly backup.sh', '#!/bin/sh\necho "$0"\n')
    const { id, command, state } = await taken(intake, 'nightly backup.sh')
    assert.equal([id, command, state], ['nightly-backup', '#!/bin/sh\necho "$0"', 'pending'])
    assert.equal([...assertHomeIntact(home)], [['nightly-backup', 'pending']])
  }),
)

test(
  'a script that is being written in place is taken once it has been still for ten seconds',
  withIntake(async (intake) => {
    const path = moveIn(intake, 'x.sh', 'echo a\n', -3600)
    assert.is((await intake.take('x.sh')).kind, 'waiting')
    intake.advance(9_000)
    writeFileSync(path, 'echo a\necho b\n')
    utimesSync(path, Date.now() / 1000 + 3600, Date.now() / 1000 + 3600)
    assert.is((await intake.take('x.sh')).kind, 'waiting')
    intake.advance(9_900)
    assert.is((await intake.take('x.sh')).kind, 'waiting')
    intake.advance(100)
    assert.is((await taken(intake, 'x.sh')).command, 'echo a\necho b')
  }),
)

test(
  'a script written a moment ago says when it can be taken',
  withIntake(async (intake) => {
    moveIn(intake, 'x.sh', 'true\n', 7)
    const result = await intake.take('x.sh')
    assert.ok(result.kind === 'waiting' && result.ms !== undefined && result.ms > 2000 && result.ms <= 3000)
  }),
)

for (const [how, isTaken] of [
  ['>>', false],
  ['<>', false],
  ['<', true],
] as const)
  test(
    `a script that another process holds open by ${how} is ${isTaken ? 'taken' : 'waited for'}`,
    withIntake(async (intake) => {
      const path = moveIn(intake, 'x.sh', 'true\n')
      const holder = spawn('/bin/sh', ['-c', `exec 3${how}"$1"; echo open; read _`, 'sh', path], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const ended = new Promise((resolve) => holder.once('close', resolve))
      try {
        await new Promise((resolve) => holder.stdout.once('data', resolve))
        assert.is((await intake.take('x.sh')).kind, isTaken ? 'taken' : 'waiting')
      } finally {
        holder.stdin.end('\n')
        await ended
      }
      if (!isTaken) assert.is((await intake.take('x.sh')).kind, 'taken')
    }),
  )

for (const fileName of ['x.sh~', '.x.sh.swp', '.x.sh', 'x.sh.bak', '#x.sh#', 'x.bash', 'x.SH', 'sh'])
  test(`a file called ${fileName} is no dropped script`, () => assert.not(isScriptName(fileName)))

test(
  'DOS line ends and a byte order mark are taken out of a script',
  withIntake(async (intake) => {
    moveIn(intake, 'x.sh', '\uFEFFfor i in 1 2; do\r\n  echo n$i\r\ndone\r\n')
    assert.is((await taken(intake, 'x.sh')).command, 'for i in 1 2; do\n  echo n$i\ndone')
  }),
)

test(
  'a script that begins with a group of commands is a script',
  withIntake(async (intake) => {
    moveIn(intake, 'x.sh', '{ echo a; }\n')
    assert.is((await taken(intake, 'x.sh')).command, '{ echo a; }')
  }),
)

test(
  'a script whose stem is a taken id gets a random tail',
  withIntake(async (intake, { queue }) => {
    await queue.enqueue({ command: 'true', id: 'x' })
    moveIn(intake, 'x.sh', 'true\n')
    assert.match((await taken(intake, 'x.sh')).id, /^x-[0-9a-f]{6}$/)
  }),
)

test(
  'a script that is stamped but not moved, because its worker died, is that job and not a command of JSON',
  withIntake(async (intake, { home }) => {
    const dir = join(intake.holder.dir, 'intake')
    mkdirSync(dir)
    writeFileSync(join(dir, 'x.sh'), printJob(aJob({ id: 'x', command: 'echo a' })))
    putBackIntakeOf(intake.home, intake.holder.dir)
    utimesSync(join(intake.home.pending, 'x.sh'), 0, 0)
    const { id, command } = await taken(intake, 'x.sh')
    assert.equal([id, command], ['x', 'echo a'])
    assertHomeIntact(home)
  }),
)

for (const [what, text, seconds] of [
  ['is empty', '', 60],
  ['holds a NUL character', 'echo \0\n', 10],
  ['is not UTF-8', new Uint8Array([0x65, 0xff, 0x0a]), 10],
  ['is too large', `echo ${'x'.repeat(1_050_000)}\n`, 10],
] as const)
  test(
    `a script that ${what} goes to corrupt/ after ${seconds} seconds`,
    withIntake(async (intake) => {
      moveIn(intake, 'x.sh', text)
      assert.is(await intake.after(seconds - 1, 'x.sh'), 'waiting')
      assert.is(await intake.after(seconds, 'x.sh'), 'corrupt')
      assert.is(intake.corrupt.length, 1)
    }),
  )

test(
  'a script is listed as the job it will be, and counted, before it is taken in',
  withIntake(({ home }) => {
    writeFileSync(join(home.pending, 'x.sh'), 'echo a\n')
    writeFileSync(join(home.dead, 'x.sh'), 'echo a\n')
    const files = [...jobFiles(home)]
    assert.equal(
      files.map(({ name, state, dropped }) => [name.id, state, dropped]),
      [['x', 'pending', true]],
    )
    assert.is(files[0] && readJobFile(files[0])?.job?.command, 'echo a')
    assert.equal([countJobs(home).pending, countJobs(home).dead], [1, 0])
  }),
)

test(
  'a dropped script can be held, cancelled and released like a dropped file',
  withIntake(async (intake, { queue, home }) => {
    moveIn(intake, 'x.sh', 'echo a\n')
    assert.is((await queue.hold('x')).state, 'held')
    assert.is((await queue.count()).held, 1)
    assert.is((await queue.release('x')).state, 'pending')
    const job = await queue.cancel('x')
    assert.equal([job.id, job.state, job.command], ['x', 'dead', 'echo a'])
    assert.equal([...assertHomeIntact(home)], [['x', 'dead']])
  }),
)

test(
  'a worker runs a script that is moved in, and waits for one that is still written to',
  withIntake(async (intake, world) => {
    const fd = openSync(moveIn(intake, 'open.sh', 'echo open\n'), 'a')
    moveIn(intake, 'x.sh', 'echo "$QUEUECTL_JOB_ID"\n')
    await world.startWorker()
    await until(async () => (await world.queue.count()).completed === 1, 10_000, 'x has run')
    assert.is((await world.queue.get('x')).state, 'completed')
    writeSync(fd, 'echo more\n')
    closeSync(fd)
    assert.is((await world.queue.get('open')).command, 'echo open\necho more')
  }),
)

test.run()
