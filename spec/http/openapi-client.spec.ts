/** A client for TypeScript, generated from the document as a stranger would, is type-checked and used. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
// swagger-typescript-api: of the well-kept generators the one that brings its own compiler; ours has no API for others.
import { generateApi } from 'swagger-typescript-api'
import { ROOT } from '../../fixtures/program.ts'
import { inWeb } from '../../fixtures/web.ts'

const test = suite('client generated from the OpenAPI document')

const STORY = `import { Api } from './client.ts'
export async function story(baseUrl: string) {
  const { api } = new Api({ baseUrl })
  const { data: job } = await api.enqueueJob({ command: 'true', queue: 'mail' })
  await api.holdJob(job.id, {})
  const { data: page } = await api.listJobs({ state: 'held' })
  const { data: why } = await api.explainJob(job.id)
  const { data: result } = await api.changeJobs({ action: 'release', ids: [job.id] })
  const refused = await api.getJob('nobody').catch((answer) => answer.error)
  return [page.total, why.reasons[0]?.why, result.changed, refused.type] as const
}
`

test(
  'enqueues a job, holds it, finds it, asks why it waits, releases it, and understands a problem',
  inWeb(async (web) => {
    const dir = join(web.dir, 'client')
    mkdirSync(dir)
    const spec = (await web.ask('/api/v1/openapi.json')).json as never
    const { files } = await generateApi({ spec, output: false, silent: true, httpClientType: 'fetch' })
    writeFileSync(join(dir, 'client.ts'), files[0]?.fileContent ?? '')
    writeFileSync(join(dir, 'story.ts'), STORY)
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'esnext']
    const types = ['--lib', 'es2022,dom', '--moduleResolution', 'bundler', '--allowImportingTsExtensions']
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), [...options, ...types, join(dir, 'story.ts')], {
      encoding: 'utf8',
    })
    for (const name of ['client', 'story']) {
      const text = name === 'client' ? (files[0]?.fileContent ?? '') : STORY.replace('client.ts', 'client.mjs')
      writeFileSync(join(dir, `${name}.mjs`), (await transform(text, { loader: 'ts' })).code)
    }
    const { story } = (await import(pathToFileURL(join(dir, 'story.mjs')).href)) as {
      readonly story: (url: string) => Promise<readonly unknown[]>
    }
    assert.equal(await story(web.url.replace(/\/$/, '')), [1, 'held', 1, 'urn:queuectl:not-found'])
  }),
)

test.run()
