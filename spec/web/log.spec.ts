/** The viewer of a run's output, in a real browser. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type BrowserWorld, inBrowser } from '../../fixtures/browser.ts'
import type { JobRequest } from '../../lib/job/job.ts'

const test = suite('output in a browser')

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })
const log = (page: Page): Locator => page.getByRole('log')
const line = (page: Page, name: string): Locator =>
  page.locator('.log-row').filter({ has: page.getByRole('link', { name, exact: true }) })
const inSight = (one: Locator): Promise<boolean> =>
  one.evaluate(
    (element: { getBoundingClientRect(): { top: number; bottom: number }; closest(selector: string): unknown }) => {
      const own = element.getBoundingClientRect()
      const frame = (element.closest('.log') as typeof element).getBoundingClientRect()
      return own.top >= frame.top - 1 && own.bottom <= frame.bottom + 1
    },
  )

/** Runs a job to its end and opens its page. */
async function ran({ queue, startWorker, visit, dir }: BrowserWorld, command: string, more: Partial<JobRequest> = {}) {
  await queue.enqueue({ id: 'job', command, max_retries: 1, cwd: dir, ...more })
  await (await startWorker({ args: ['--burst'] })).ended
  await visit('/jobs/job')
}

test(
  'a line is linked by its number, and the link opens at that line',
  inBrowser(async (here) => {
    const { page } = here
    await ran(here, 'seq 1 1000')
    await log(page).getByText('1000', { exact: true }).waitFor()
    await page.getByText('1,000 lines. The run has ended.').waitFor()
    await log(page).evaluate((one: { scrollTop: number }) => {
      one.scrollTop = 0
    })
    await line(page, 'Line 20').getByRole('link').click()
    await page.waitForURL('**/jobs/job?run=1#L20')
    await page.goto(page.url().replace('#L20', '#L500'))
    await page.reload()
    await page.locator('.log-row.target').getByText('500', { exact: true }).waitFor()
    assert.ok(await inSight(line(page, 'Line 500')))
  }),
)

test(
  'of a long log only what is in sight is loaded, and all of it is searched',
  inBrowser(async (here) => {
    const { page } = here
    await ran(here, 'seq 1 200000 | sed "s/^123456$/needle in line &/"')
    await page.getByText('200,000 lines. The run has ended.').waitFor()
    await line(page, 'Line 200000').getByText('200000').waitFor()
    assert.ok(await inSight(line(page, 'Line 200000')))
    await page.getByLabel('Search output').fill('NEEDLE')
    await page.getByText('1 of 1', { exact: true }).waitFor()
    await line(page, 'Line 123456').locator('mark').waitFor()
    assert.ok(await inSight(line(page, 'Line 123456')))
    assert.ok((await page.locator('.log-row').count()) < 300)
    await log(page).evaluate((one: { scrollTop: number }) => {
      one.scrollTop = 0
    })
    await line(page, 'Line 1').getByText('1', { exact: true }).waitFor()
    assert.ok(await inSight(line(page, 'Line 1')))
    await button(page, 'Jump to end').click()
    await line(page, 'Line 200000').getByText('200000').waitFor()
  }),
)

test(
  'stderr is marked, the first error is found, and an unknown order is said',
  inBrowser(async (here) => {
    const { page } = here
    await ran(here, 'echo fine; echo quiet >&2; echo "fatal: it broke" >&2; echo also fine; exit 1')
    await page.getByText(/in which order the two streams were written/).waitFor()
    assert.is(await page.locator('.log-row.is-stderr').count(), 2)
    await button(page, 'First error').click()
    await page.locator('.log-row.target').getByText('fatal: it broke').waitFor()
    await button(page, 'stdout').click()
    assert.is(await page.locator('.log-row').count(), 2)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download both' }).click(),
    ])
    assert.is(readFileSync(await download.path(), 'utf8'), 'fine\nalso fine\n--- stderr ---\nquiet\nfatal: it broke\n')
  }),
)

test(
  'groups are folded, and unfolded when a match is in them',
  inBrowser(async (here) => {
    const { page } = here
    await ran(here, 'echo before; echo "::group::Install it"; echo inside; echo ::endgroup::; echo after')
    await button(page, 'Install it').click()
    await line(page, 'Line 3').waitFor({ state: 'detached' })
    await line(page, 'Line 5').waitFor()
    await page.getByLabel('Search output').fill('inside')
    await line(page, 'Line 3').locator('mark').waitFor()
    await button(page, 'Fold groups').click()
    await line(page, 'Line 3').waitFor({ state: 'detached' })
  }),
)

test(
  'raw output shows every byte, and a link shows its target',
  inBrowser(async (here) => {
    const { page } = here
    await ran(
      here,
      String.raw`printf '\033[31mred\033[0m \377\a\n\033]8;;https://example.org/a\033\\text\033]8;;\033\\\nold\rnew\n'`,
    )
    await log(page).locator('.f-red').getByText('red').waitFor()
    const link = log(page).getByRole('link', { name: 'text' })
    assert.is(await link.getAttribute('href'), 'https://example.org/a')
    await log(page).getByText('(https://example.org/a)').waitFor()
    assert.match(await line(page, 'Line 3').innerText(), /^\s*new\s*$/)
    await button(page, 'Raw').click()
    await log(page).locator('.byte').first().waitFor()
    assert.match(await line(page, 'Line 1').innerText(), String.raw`\e[31mred\e[0m \xff\x07`)
    assert.match(await line(page, 'Line 3').innerText(), String.raw`old\x0dnew`)
  }),
)

test(
  'lines say when they were seen, and the output fills the screen when asked to',
  inBrowser(async ({ page, visit, queue, startWorker, dir }) => {
    await startWorker()
    await queue.enqueue({
      id: 'job',
      cwd: dir,
      command: 'echo old; while [ ! -e go ]; do sleep 0.02; done; echo new; while [ ! -e end ]; do sleep 0.02; done',
    })
    await visit('/jobs/job')
    await log(page).getByText('old').waitFor()
    await page.reload()
    await log(page).getByText('old').waitFor()
    writeFileSync(join(dir, 'go'), '')
    await log(page).getByText('new').waitFor()
    await button(page, 'Times').click()
    assert.match(await line(page, 'Line 2').locator('.time').innerText(), /^\d\d:\d\d:\d\d$/)
    assert.is(await line(page, 'Line 1').locator('.time').innerText(), '')
    await page.keyboard.press('w')
    await page.locator('.log-card.full').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.log-card.full').waitFor({ state: 'detached' })
    writeFileSync(join(dir, 'end'), '')
    await page.getByText('2 lines. The run has ended.').waitFor()
  }),
)

test.run()
