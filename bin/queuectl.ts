#!/usr/bin/env node
/** The program: runs the command line and leaves its exit status. */
import '../lib/worker/idle-heap.ts'
import { main } from '../lib/cli/main.ts'

// Not process.exit: it would cut off what is still being written to a pipe.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
