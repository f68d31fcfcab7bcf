/** The program as a shell script calls it: in pipes, with redirections, by the name `queuectl`. */
import { cleanEnv, PROGRAM, type Ran, start } from '../../fixtures/program.ts'
import type { World } from '../../fixtures/world.ts'

/** Runs a script in the world's directory to its end. */
export function shell({ dir, home }: World, script: string): Promise<Ran> {
  const env = { ...cleanEnv(), HOME: dir, TMPDIR: dir, QUEUECTL_HOME: home, NODE: process.execPath, PROGRAM }
  return start('/bin/sh', ['-c', `queuectl() { "$NODE" "$PROGRAM" "$@"; }\n${script}`], { cwd: dir, env }).ended
}
