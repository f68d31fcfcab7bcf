/** The dashboard by keyboard, for screen readers, on small screens and in both themes. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inBrowser, type BrowserWorld } from '../../fixtures/browser.ts'
import { until } from '../../fixtures/until.ts'

const test = suite('accessibility of the dashboard')

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Each page, and a text that appears once it has loaded. */
const PAGES = {
  '/': 'Jobs of this time',
  '/jobs': 'later',
  '/jobs/fails': 'The run has ended',
  '/jobs/runs': 'cyan',
  '/jobs/later': 'Expected start',
  '/queues': 'Oldest ready',
  '/queues?queue=mail': 'Jobs of this time',
  '/schedules': 'at 02:30 every day',
  '/schedules/backup': 'clocks skip 02:30',
  '/dead': 'exit code 4',
  '/workers': 'Alive',
  '/events': 'fails',
  '/config': 'max-retries',
}

/** Jobs in almost every state, two of them with output. */
async function furnish({ queue, startWorker, dir }: BrowserWorld): Promise<void> {
  await queue.enqueueAll([
    { id: 'runs', command: `printf '\\033[31mred\\033[33m yellow\\033[36m cyan\\n'; sleep 300`, priority: 9 },
    { id: 'fails', command: 'echo no >&2; exit 3', max_retries: 2, backoff_base: 600, cwd: dir },
    { id: 'dies', command: 'exit 4', max_retries: 1, queue: 'mail', tags: ['night'] },
    { id: 'done', command: 'true' },
    { id: 'later', command: 'true', run_at: '2999-01-01T00:00:00Z' },
  ])
  await queue.addSchedule('backup', { cron: '30 2 * * *', tz: 'Europe/Berlin', job: { command: 'true' } })
  await queue.addSchedule('idle', { every: '1h', job: { command: 'true' } })
  await queue.pauseSchedule('idle', 'on holiday')
  await queue.setQueue('mail', { limit: 2, rate: '10/m' })
  await startWorker({ count: 2 })
  await until(
    async () => {
      const { completed, dead, failed, processing } = await queue.count()
      return completed + dead + failed + processing === 4
    },
    5000,
    'one is done, one failed, one dead, one runs',
  )
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** The violations that axe finds; for the second theme only the rules that depend on colours. */
async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) }
  const found = (await page.evaluate(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`,
  )) as Violation[]
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))
}

test(
  'axe finds nothing on any page in either theme',
  inBrowser(async (here) => {
    const { page, visit } = here
    const check = async (where: string): Promise<void> => {
      await page.evaluate(AXE)
      await page.emulateMedia({ colorScheme: 'light' })
      assert.equal(await violations(page), [], where)
      await page.emulateMedia({ colorScheme: 'dark' })
      assert.equal(await violations(page, ['color-contrast', 'link-in-text-block']), [], `${where}, dark`)
    }
    await furnish(here)
    for (const [path, seen] of Object.entries(PAGES)) {
      await visit(path)
      await page.getByText(seen).first().waitFor()
      await check(path)
    }
    await page.keyboard.press('n')
    await page.getByRole('dialog', { name: 'New job' }).waitFor()
    await check('the dialog')
  }),
)

const ground = (page: Page): Promise<string> =>
  page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
const DARK = 'rgb(13, 14, 17)'
const LIGHT = 'rgb(247, 248, 250)'

test(
  'the theme is that of the system until another is chosen, which a reload keeps',
  inBrowser(
    async ({ page, visit }) => {
      await visit('/')
      assert.is(await ground(page), DARK)
      await page.getByRole('button', { name: /^Theme: system/ }).click()
      assert.is(await ground(page), LIGHT)
      await page.reload()
      await page.getByRole('button', { name: /^Theme: light/ }).waitFor()
      assert.is(await ground(page), LIGHT)
      await page.keyboard.press('t')
      assert.is(await ground(page), DARK)
      await page.emulateMedia({ colorScheme: 'light' })
      assert.is(await ground(page), DARK)
      await page.keyboard.press('t')
      assert.is(await ground(page), LIGHT)
    },
    { colorScheme: 'dark' },
  ),
)

test(
  'no page is wider than a screen of 360 px, and all can be reached there',
  inBrowser(
    async (here) => {
      const { page, visit } = here
      await furnish(here)
      await visit('/')
      for (const name of ['Jobs', 'Queues', 'Schedules', 'Dead', 'Workers', 'Events', 'Config', 'Overview']) {
        await page
          .getByRole('navigation', { name: 'Pages' })
          .getByRole('link', { name: new RegExp(`^${name}`) })
          .click()
        await page.getByRole('heading', { level: 1, name: new RegExp(`^${name}`) }).waitFor()
        assert.ok(await isNarrow(page), name)
      }
      await visit('/jobs/fails')
      await page.getByRole('log').waitFor()
      assert.ok(await isNarrow(page), 'a job')
      for (const [path, seen] of [
        ['/queues?queue=mail', 'Rate of starts'],
        ['/schedules/backup', 'Next times'],
      ] as const) {
        await visit(path)
        await page.getByText(seen).first().waitFor()
        assert.ok(await isNarrow(page), path)
      }
    },
    { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  ),
)

const isNarrow = (page: Page): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth <= innerWidth')

test(
  'jobs are walked through, selected, opened and changed by keyboard alone',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll(['a', 'b', 'c'].map((id) => ({ id: `job-${id}`, command: 'true' })))
    await visit('/')
    await page.keyboard.type('gj')
    await page.getByRole('row').nth(3).waitFor()
    await page.keyboard.type('jjx')
    assert.ok(await page.getByLabel('Select job-b').isChecked())
    await page.keyboard.type('c')
    await page.getByRole('dialog', { name: 'Cancel this job?' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.type('k')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/jobs/job-a')
    await page.locator('.page-head .state', { hasText: 'Pending' }).waitFor()
    await page.keyboard.type('h')
    await until(async () => (await queue.get('job-a')).state === 'held', 5000, 'it is held')
    await page.keyboard.type('gj')
    await page.keyboard.type('/')
    await page.keyboard.type('job-c')
    await page.waitForURL('**/jobs?q=job-c')
    await page.keyboard.press('Escape')
    await page.keyboard.type('n')
    await page.getByRole('dialog', { name: 'New job' }).waitFor()
    await page.keyboard.type('echo typed')
    await page.keyboard.press('Control+Enter')
    await until(async () => (await queue.get('last')).command === 'echo typed', 5000, 'it was enqueued')
  }),
)

test(
  'the help lists exactly the keys that work on the page, none of them twice',
  inBrowser(async ({ page, visit, queue, startWorker }) => {
    await startWorker()
    await queue.enqueue({ id: 'ran', command: 'echo text' })
    await queue.enqueue({ id: 'waits', command: 'true', run_at: '2999-01-01T12:00:00Z' })
    const listed = async (): Promise<string[]> => {
      await page.keyboard.press('?')
      const keys = await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).locator('dd').allInnerTexts()
      await page.keyboard.press('Escape')
      return keys.map((text) => text.replaceAll(/\s+/g, ' ').trim()).sort()
    }
    const everywhere = ['?', 'Ctrl-K', 'g c', 'g d', 'g e', 'g j', 'g o', 'g q', 'g s', 'g w', 'n', 'p', 't', 'z']
    await visit('/config')
    assert.equal(await listed(), everywhere)
    await visit('/jobs')
    await page.getByRole('row').nth(1).waitFor()
    assert.equal(await listed(), [...everywhere, '/', 'Enter', 'c', 'j', 'k', 'r', 'x'].sort())
    await visit('/jobs/waits')
    assert.equal(await listed(), [...everywhere, 'c', 'h'].sort())
    await visit('/jobs/ran')
    await page.getByRole('log').getByText('text').waitFor()
    await page.getByText('The run has ended.').waitFor()
    assert.equal(await listed(), [...everywhere, '/', 'e', 'f', 'r', 'w'].sort())
  }),
)

test(
  'every focused control shows the focus',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueue({ id: 'waits', command: 'true' })
    await visit('/jobs')
    await page.getByRole('row').nth(1).waitFor()
    const seen: string[] = []
    for (let steps = 0; steps < 45; steps++) {
      await page.keyboard.press('Tab')
      const [name, outline] = (await page.evaluate(`(() => {
        const { activeElement: one } = document
        return [one.getAttribute('aria-label') ?? one.textContent, getComputedStyle(one).outlineStyle]
      })()`)) as [string, string]
      if (seen.includes('Skip to content') && name === 'Skip to content') break
      seen.push(name)
      if (name !== '' && steps < 25) assert.is(outline, 'solid', `${name} (${seen.length})`)
    }
    assert.is(seen[0], 'Skip to content')
    assert.ok(seen.some((name) => name.startsWith('Select waits')))
  }),
)

test.run()
