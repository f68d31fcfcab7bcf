/**
 * Keeps V8 quiet in an idle worker: some seconds after a process has become idle it would tidy its heap on all its
 * threads, 250 system calls, more than all else that an idle worker does in that time. A worker's heap is 6 MB.
 *
 * Imported for its effect, before anything else of the program: a tidying once planned takes place.
 */
import { setFlagsFromString } from 'node:v8'

if (process.argv[2] === 'worker' && process.argv[3] === 'start')
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=3600000')
