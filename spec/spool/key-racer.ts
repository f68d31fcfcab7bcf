/** Enqueues a job under each of so many unique keys, as fast as it can, and says of each who has it: HOME COUNT. */
import { Queue } from '../../lib/queue.ts'

const [home = '', count = ''] = process.argv.slice(2)
const queue = Queue.open({ home })
for (let n = 0; n < Number(count); n++) {
  const { id, deduplicated } = await queue.enqueue({ command: 'true', unique: `key${n}` })
  process.stdout.write(`key${n} ${id} ${deduplicated ? 'told' : 'made'}\n`)
}
