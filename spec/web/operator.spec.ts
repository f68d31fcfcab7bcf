/** What an operator does all day, in a real browser: many jobs at once, views, columns, the keyboard. */
import type { Locator, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inBrowser } from '../../fixtures/browser.ts'
import { until } from '../../fixtures/until.ts'

const test = suite('dashboard for operators')

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

const JOBS = 3000

test(
  'priority and queue of many jobs are changed after a question that names how many',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll(['a', 'b', 'c'].map((id) => ({ id, command: 'true' })))
    await visit('/jobs')
    const change = async (action: string, value: string): Promise<void> => {
      await page.getByLabel('Select all on this page').check()
      await button(page, action).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').or(dialog.getByRole('spinbutton')).or(dialog.getByRole('combobox')).fill(value)
      await button(page, `${action} 3 jobs`).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await change('Priority', '12')
    await change('Move', 'slow')
    const job = await queue.get('b')
    assert.equal([job.priority, job.queue], [12, 'slow'])
  }),
)

test(
  'a long change shows how far it is, is stopped, and is seen by a page that is opened meanwhile',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll(Array.from({ length: JOBS }, (_, n) => ({ id: `j${n}`, command: 'true' })))
    await visit('/jobs')
    await page.getByLabel('Select all on this page').check()
    await button(page, 'Select all 3,000 matching').click()
    await button(page, 'Cancel').click()
    await button(page, 'Cancel 3,000 jobs').click()
    const bar = page.getByRole('region', { name: 'A long change' })
    await bar.getByText('of 3,000 jobs cancelled').waitFor()
    await visit('/workers')
    await bar.getByRole('button', { name: 'Stop' }).click()
    await bar.getByText('stopped').waitFor()
    const { dead } = await queue.count()
    assert.ok(dead > 0 && dead < JOBS, `${dead} are dead`)
    await bar.getByRole('button', { name: 'Close' }).click()
    await bar.waitFor({ state: 'detached' })
    await until(async () => (await queue.count()).pending > 0, 5000, 'the others still wait')
  }),
)

test(
  'the list is sorted by the heads of its columns, and shows those that were chosen, also after a reload',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll([
      { id: 'a', command: 'true', queue: 'web', tags: ['night'], priority: 3 },
      { id: 'b', command: 'true', queue: 'mail', priority: 5 },
      { id: 'c', command: 'true', queue: 'batch' },
    ])
    const ids = (): Promise<string[]> => page.locator('td.c-job > a').allInnerTexts()
    const order = (expected: string): Promise<unknown> =>
      until(
        async () => (await ids()).join('') === expected,
        5000,
        () => `the order is ${expected}`,
      )
    await visit('/jobs')
    await order('bac')
    const head = page.getByRole('columnheader', { name: 'Queue' })
    await head.getByRole('button').click()
    await order('cba')
    assert.is(await head.getAttribute('aria-sort'), 'ascending')
    await head.getByRole('button').click()
    await order('abc')
    assert.match(page.url(), /sort=-queue/)
    await page.locator('.menu > summary').click()
    for (const name of ['Tags', 'Compact rows']) await page.getByLabel(name).check()
    await page.getByLabel('Attempts').uncheck()
    await page.getByLabel('Name of this view').fill('my view')
    await button(page, 'Save').click()
    await page.keyboard.press('Escape')
    await page.getByRole('cell', { name: 'night' }).waitFor()
    assert.is(await page.getByRole('columnheader', { name: 'Attempts' }).count(), 0)
    await page.locator('table.compact').waitFor()
    await page.reload()
    await page.getByRole('cell', { name: 'night' }).waitFor()
    await order('abc')
    await visit('/jobs')
    await order('bac')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /A page, queue/ }).fill('my view')
    await page.keyboard.press('Enter')
    await order('abc')
  }),
)

test(
  'the palette goes to a page, a queue and a job, and acts on the job that is shown',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll([
      { id: 'report-41', command: 'make report', queue: 'mail' },
      { id: 'other', command: 'true' },
    ])
    const go = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: /A page, queue/ }).fill(text)
      await page.getByRole('option').filter({ hasText: text }).first().waitFor()
      await page.keyboard.press('Enter')
    }
    await visit('/')
    await go('Workers')
    await page.waitForURL('**/workers')
    await go('report-41')
    await page.waitForURL('**/jobs/report-41')
    await page.locator('.page-head .state', { hasText: 'Pending' }).waitFor()
    await go('Hold')
    await page.locator('.page-head .state', { hasText: 'Held' }).waitFor()
    assert.is((await queue.get('report-41')).state, 'held')
    await go('mail')
    await page.waitForURL('**/jobs?queue=mail')
  }),
)

test(
  'times are of this browser, of UTC or of the server, and the choice is kept',
  inBrowser(
    async ({ page, visit, queue }) => {
      await queue.enqueue({ id: 'a', command: 'true', run_at: '2999-01-01T12:00:00Z' })
      await visit('/jobs/a')
      const due = page.locator('.facts')
      await due.getByText('1 Jan, 21:00:00').waitFor()
      await page.keyboard.press('z')
      await due.getByText('1 Jan, 12:00:00').waitFor()
      await page.reload()
      await due.getByText('1 Jan, 12:00:00').waitFor()
      await page.keyboard.press('z')
      await page.getByRole('button', { name: /^Times: server/ }).waitFor()
    },
    { timezoneId: 'Asia/Tokyo' },
  ),
)

test(
  'a new job is given a queue, a delay, an environment and its input, in fields or as JSON',
  inBrowser(async ({ page, visit, queue }) => {
    await visit('/jobs')
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Command').fill('cat')
    await dialog.getByLabel('Queue').fill('mail')
    await dialog.locator('summary').click()
    await dialog.getByLabel('Delay').fill('2h')
    await dialog.getByLabel('Environment').fill('A=1\nB=x=y')
    await dialog.getByLabel('Standard input').fill('some text')
    await button(page, 'JSON').click()
    const json = dialog.getByLabel('The job as JSON')
    assert.equal(JSON.parse(await json.inputValue()), {
      command: 'cat',
      queue: 'mail',
      delay: '2h',
      env: { A: '1', B: 'x=y' },
      stdin: 'some text',
    })
    await json.fill((await json.inputValue()).replace('"mail"', '"slow"'))
    await button(page, 'Enqueue').click()
    await page.locator('.page-head .state', { hasText: 'Scheduled' }).waitFor()
    const job = await queue.get('last')
    assert.equal([job.queue, job.env, job.stdin], ['slow', { A: '1', B: 'x=y' }, 'some text'])
    assert.ok(Date.parse(job.run_at ?? '') > Date.now() + 7_000_000)
  }),
)

test.run()
