/** Which variables a shell does not pass on as they are. Pure. */

/** Names that dash, bash or busybox drops, cannot export or computes itself; bash warns of a locale it does not have. */
const ODD_NAME = new RegExp(
  `^(?![A-Za-z_]\\w*$)|^(?:${[
    'queuectl_.*',
    'BASH.*|COMP_.*|EPOCH.*|LC_.*|SHELLOPTS|POSIXLY_CORRECT|SHLVL',
    'S?RANDOM|SECONDS|LINENO|HISTCMD|DIRSTACK|GROUPS|FUNCNAME|E?UID|PPID|_',
    'IFS|PS[0-4]|ENV|CDPATH|(?:OLD)?PWD|OPTIND|OPTERR',
  ].join('|')})$`,
)

/** Must env(1) set it, and not a shell? */
export const isOddName = (name: string): boolean => ODD_NAME.test(name)
