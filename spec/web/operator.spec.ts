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

test.run()
