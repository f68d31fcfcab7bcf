/** What a command line starts first, as far as that is plain to see. Pure. */

/** Reserved words and builtins of every POSIX shell, with those of dash. */
const OF_EVERY_SHELL = new Set(
  `. : [ ! { } alias bg break case cd chdir command continue do done echo elif else esac eval exec exit export false fc fg fi for
  getopts hash if in jobs kill local printf pwd read readonly return set shift test then times trap true type ulimit umask
  unalias unset until wait while`.split(/\s+/),
)

/** Further ones of bash, which is /bin/sh on some systems. */
const OF_BASH = new Set(
  `[[ bind builtin caller compgen complete compopt coproc declare dirs disown enable function help history let logout mapfile
  popd pushd readarray select shopt source suspend time typeset`.split(/\s+/),
)

/** They change the shell itself, so that a program of that name would be of no use. */
const CHANGES_SHELL = new Set(
  '. alias cd chdir exec exit export hash local read readonly return set shift source trap umask unset'.split(' '),
)

/** `FOO=1` before a command, with a value that needs no quoting. */
const LINE = /^\s*(?:[A-Za-z_]\w*=[\w./:@%+,-]*\s+)*([\w./+-]+)(?=[\s;&|]|$)/

/** The first word of a command line that names a program or a builtin; undefined where a shell must be asked. */
export const firstProgram = (line: string): string | undefined => LINE.exec(line)?.[1]

/** Is it a word of the shell itself, and of which? */
export const shellWord = (word: string): 'every' | 'bash' | undefined =>
  OF_EVERY_SHELL.has(word) ? 'every' : OF_BASH.has(word) ? 'bash' : undefined

export const changesShell = (word: string): boolean => CHANGES_SHELL.has(word)

export const isAssignment = (word: string): boolean => /^[A-Za-z_]\w*=/.test(word)
