#!/usr/bin/env node
/** The program: runs the command line and leaves its exit status. */
import '../lib/worker/gc.ts'
import { main } from '../lib/cli/main.ts'

// Not process.exit: what is still being written to a pipe would be cut off.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
