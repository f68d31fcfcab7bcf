/**
 * Turns off V8's idle-time heap compaction in a worker. Some seconds after a process has become idle V8 would do it on
 * all its threads, with 250 system calls: more than an idle worker makes for its own work in that time. Its heap is 6 MB.
 *
 * Imported for its effect, before the rest of the program: the flag does not stop a compaction already scheduled.
 */
import { setFlagsFromString } from 'node:v8'

if (process.argv[2] === 'worker' && process.argv[3] === 'start')
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=3600000')
