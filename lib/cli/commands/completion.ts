/** `completion`: prints the script with which a shell completes our commands. */
import { Command, Option } from 'clipanion'
import { QueueCommand } from '../command.ts'
import { SHELLS } from '../completion.ts'
import { isOneOf } from '../input/option-types.ts'

export class CompletionCommand extends QueueCommand {
  static override paths = [['completion']]
  static override usage = Command.Usage({
    category: 'Home',
    description: 'print a completion script for your shell',
    details: 'It writes no file: add the line for your shell to its start-up file.',
    examples: [
      ['In ~/.bashrc', 'source <(queuectl completion bash)'],
      ['In ~/.zshrc, after compinit', 'source <(queuectl completion zsh)'],
      ['In fish, once', 'queuectl completion fish >~/.config/fish/completions/queuectl.fish'],
    ],
  })
  static override forms = ['bash', 'zsh', 'fish']

  shell = Option.String({ name: 'shell', validator: isOneOf(SHELLS) })

  override async execute(): Promise<void> {
    if (this.json) this.printJson({ shell: this.shell, script: SCRIPTS[this.shell] })
    else this.io.print(SCRIPTS[this.shell])
  }

  protected async run(): Promise<void> {}
}

// Completions come from the program as it is typed, which may be a path.
const SCRIPTS: Record<(typeof SHELLS)[number], string> = {
  bash: `_queuectl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _queuectl queuectl
`,
  zsh: `#compdef queuectl
_queuectl() {
  local line
  local -a values descriptions
  while IFS= read -r line; do
    values+=("\${line%%$'\\t'*}")
    descriptions+=("\${line/$'\\t'/  -- }")
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values )); then
    compadd -l -d descriptions -a values
  else
    _files
  fi
}
if [[ "$funcstack[1]" = _queuectl ]]; then
  _queuectl "$@"
else
  compdef _queuectl queuectl
fi
`,
  fish: `function __queuectl_complete
  set -l typed (commandline -opc)
  set -l current (commandline -ct)
  set -q current[1]; or set current ''
  set -l found ($typed[1] __complete $typed[2..-1] $current 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path $current
  end
end
complete -c queuectl -f -a '(__queuectl_complete)'
`,
}
