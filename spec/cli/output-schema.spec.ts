/** The published JSON Schema of what commands print, against what they print. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { outputSchema } from '../../bin/output-schema.ts'
import { inProcess } from '../../fixtures/in-process.ts'
import { runAll, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { ROOT } from '../../fixtures/program.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { allCommands } from '../../lib/cli/find-command.ts'

const test = suite('schema of the output')

type Schema = Readonly<Record<string, unknown>>

/** The schema with no member but those it describes: what is printed and not described is found. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value)]))
  const isClosed = members.type === 'object' && 'properties' in members && !('additionalProperties' in members)
  // Members of a reason depend on what it is.
  return isClosed && !('why' in (members.properties as object)) ? { ...members, additionalProperties: false } : members
}

const ajv = new Ajv2020({ allErrors: true, strict: false, formats: { 'date-time': true } })
ajv.addSchema(strict(outputSchema) as Schema, 'output')

function obeys(name: string, value: unknown): void {
  const validate = ajv.getSchema(`output#/$defs/${name}`)
  if (!validate) throw new Error(`there is no schema ${name}`)
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`)
}

/** No key is in camel case, but for names that people choose. */
function snakeCased(value: unknown, path = ''): void {
  if (typeof value !== 'object' || value === null || /\.(env|meta)$/.test(path)) return
  for (const [name, one] of Object.entries(value)) {
    assert.match(Array.isArray(value) ? 'x' : name, /^[a-z][a-z0-9_]*$/, path)
    snakeCased(one, `${path}.${name}`)
  }
}

async function printed(world: World, line: string): Promise<void> {
  const argv = line.split(' ')
  const words = argv.filter((word) => /^[a-z]+$/.test(word))
  const name = /^(worker|dlq|config)$/.test(words[0] ?? '') ? `${words[0]}-${words[1]}` : (words[0] ?? '')
  const { stdout, stderr } = await inProcess(world, [...argv, '--json'])
  if (stderr !== '') obeys('stderr', JSON.parse(stderr))
  if (stdout === '') return assert.not.equal(stderr, '')
  const value: unknown = JSON.parse(stdout)
  obeys(name, value)
  snakeCased(value)
}

test('the file that is published is this schema', () => {
  const published = JSON.parse(readFileSync(`${ROOT}dist/output.schema.json`, 'utf8')) as unknown
  assert.equal(published, JSON.parse(JSON.stringify(outputSchema)))
})

test('every command has a schema of its output', async () => {
  for (const { paths } of await allCommands())
    assert.ok(Object.hasOwn(outputSchema.$defs, (paths?.[0] ?? []).join('-')), String(paths?.[0]))
})

test(
  'what commands print obeys the schema, and has no member that is not in it',
  inWorld(async (world) => {
    const meta = { orderId: 5 }
    await world.queue.enqueue({ id: 'c', command: 'echo out', tags: ['x'], env: { A: 'b' }, meta })
    await world.queue.enqueue({ id: 'd', command: ['false'], max_retries: 1, ...({ retry: 1 } as object) })
    await runAll(world)
    await world.queue.enqueue({ id: 'r', command: untilLetGo('r') })
    const worker = await world.startWorker({ count: 2 })
    await settles(world.queue, 'r', 'processing')
    await world.queue.enqueue({ id: 'w', command: 'true', run_at: '2099-01-01' })
    for (const line of [
      'enqueue --id e --delay 1h true',
      'enqueue {"command":"true","delay":3600,"id":"f"}',
      'enqueue -f nowhere',
      'status',
      'status w',
      'list',
      'list --output',
      'list --state frozen',
      'show c',
      'show c d r w',
      'show c nope',
      'show nope',
      'logs c',
      'logs c d',
      'next',
      'ps',
      'explain w',
      'explain w r',
      'explain c',
      'wait c',
      'wait c d',
      'top',
      'top e',
      'hold w',
      'hold w nope',
      'release w --dry-run',
      'release w',
      'priority w 5',
      'move w --queue mail',
      'cancel w',
      'retry w',
      'retry --all',
      'prune c --dry-run',
      'prune',
      'dlq list',
      'dlq list --output',
      'dlq list --group',
      'dlq show d',
      'dlq retry d --dry-run',
      'dlq export',
      'dlq purge d --dry-run',
      'dlq count',
      'remove c --yes --dry-run',
      'remove c',
      'clear --yes --dry-run',
      'events',
      'events --job c',
      'events --job nosuch',
      'metrics',
      'stats',
      'worker list',
      'worker health',
      'worker stop --timeout 0',
      'config get',
      'config get timeout',
      'config set timeout 5m',
      'config list',
      'config unset timeout',
      'config set colour red',
      'doctor',
      'init',
      'version',
      'completion bash',
      'frobnicate',
    ])
      await printed(world, line)
    worker.kill('SIGQUIT')
    await worker.ended
  }),
)

test.run()
