/**
 * A small init above a worker that would be PID 1: it starts the worker as its child, passes signals on, reaps what jobs
 * leave behind, and ends with the worker's status.
 *
 * Node reaps only its own children, so something else must: this process becomes a shell where Node can do that
 * (`process.execve`, since 22.15); else perl, as a subreaper below us, takes the orphans in our place.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** What a worker understands; SIGUSR2 leaves its jobs running. */
const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/**
 * A shell that waits reaps all its children, adopted ones too. A wait is ended by a signal: the worker is still there then,
 * if only as a zombie. bash has reaped it by itself, and a second wait tells its status. On a terminal, Ctrl-C reaches the
 * worker without us, and a second one would end its jobs.
 */
export const SHELL_INIT = `"$@" & w=$!
for s in TERM HUP USR2; do trap "kill -s $s $w 2>/dev/null" $s; done
if [ -t 0 ]; then trap : INT QUIT; else for s in INT QUIT; do trap "kill -s $s $w 2>/dev/null" $s; done; fi
while wait $w; r=$?; [ $r -gt 128 ] && kill -0 $w 2>/dev/null; do :; done
wait $w 2>/dev/null; a=$?; [ $a -eq 127 ] || r=$a
exit $r`

/** Arguments: the number of prctl(2), then the command. 36 is PR_SET_CHILD_SUBREAPER; perl has no name for it. */
const PERL_INIT = `my $prctl = shift;
exit 125 if syscall($prctl + 0, 36, 1, 0, 0, 0) != 0;
my $w = fork; exit 125 unless defined $w;
if (!$w) { exec { $ARGV[0] } @ARGV; exit 126 }
for my $s (qw(TERM INT HUP QUIT USR2)) { $SIG{$s} = sub { kill $s, $w } }
for (;;) { my $p = wait; last if $p < 0 && !$!{EINTR}; next if $p != $w; exit($? & 127 ? 128 + ($? & 127) : $? >> 8) }`

const PRCTL: Partial<Record<NodeJS.Architecture, number>> = { x64: 157, arm64: 167, riscv64: 167, arm: 172, s390x: 172 }

/** Not in the types of Node 20. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never

/**
 * Runs this program again below an init. Does not return where this process becomes a shell.
 * @returns its exit status; undefined when there is nothing here that can reap
 */
export async function runBelowInit(): Promise<number | undefined> {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const { execve } = process as { execve?: Execve }
  execve?.('/bin/sh', ['sh', '-c', SHELL_INIT, 'queuectl-init', ...again], process.env)
  const prctl = PRCTL[process.arch]
  if (process.platform !== 'linux' || prctl === undefined) return undefined
  const perl = spawn('perl', ['-e', PERL_INIT, String(prctl), ...again], {
    env: process.env,
    stdio: 'inherit',
    // A session of its own: Ctrl-C reaches it through us alone, once.
    detached: true,
  })
  for (const signal of PASSED_ON) process.on(signal, () => perl.kill(signal))
  const status = await new Promise<number | undefined>((resolve) => {
    perl.on('error', () => resolve(undefined))
    perl.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
  for (const signal of PASSED_ON) process.removeAllListeners(signal)
  return status === 125 ? undefined : status
}
