import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('queuectl help')

for (const args of [['--help'], ['-h'], ['help']])
  test(
    `${args[0]} lists the commands on stdout`,
    inWorld(async ({ cli }) => {
      const { code, stdout, stderr } = await cli(args)
      assert.equal([code, stderr], [0, ''])
      for (const name of ['enqueue', 'worker start', 'dlq retry', 'config set', 'metrics', 'init'])
        assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
    }),
  )

for (const args of [
  ['worker', '--help'],
  ['help', 'worker'],
])
  test(
    `${args.join(' ')} lists the commands of the group`,
    inWorld(async ({ cli }) => {
      const { code, stdout } = await cli(args)
      assert.is(code, 0)
      assert.match(stdout, /^ {2}worker stop /m)
      assert.not.match(stdout, 'enqueue')
    }),
  )

for (const args of [
  ['enqueue', '--help'],
  ['enqueue', '-h'],
  ['help', 'enqueue'],
  ['enqueue', '--json', '--help'],
])
  test(
    `${args.join(' ')} explains the command`,
    inWorld(async ({ cli }) => {
      const { code, stdout } = await cli(args)
      assert.is(code, 0)
      assert.match(stdout, /^Usage:$/m)
      assert.match(stdout, /^ {2}-p, --priority N +/m)
      assert.match(stdout, /^Examples:$/m)
    }),
  )

test(
  'help fits into eighty columns',
  inWorld(async ({ cli }) => {
    for (const topic of [
      [],
      ['worker'],
      ['enqueue'],
      ['worker', 'start'],
      ['dlq', 'retry'],
      ['logs'],
      ['config', 'set'],
    ]) {
      const { stdout } = await cli([...topic, '--help'])
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${topic.join(' ')}: ${line}`)
    }
  }),
)

test(
  'help for an unknown command is wrong usage',
  inWorld(async ({ cli }) => {
    assert.is((await cli(['enque', '--help'])).code, 2)
  }),
)

test(
  'asking for help makes no home',
  inWorld(async ({ cli, dir }) => {
    const { existsSync } = await import('node:fs')
    await cli(['enqueue', '--help', '--home', `${dir}/other`])
    assert.not(existsSync(`${dir}/other`))
  }),
)

test.run()
