/** The keyboard help: exactly the keys that work on the current page. */
import { type Shortcut, activeShortcuts } from '../keys.ts'
import { Dialog } from './dialog.tsx'

const GROUPS: readonly Shortcut['group'][] = ['Job', 'Queue', 'Schedule', 'List', 'Anywhere', 'Go to']

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const all = activeShortcuts()
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div class="dialog-body keys">
        {GROUPS.map((group) => {
          const here = all.filter((one) => one.group === group)
          return (
            here.length > 0 && (
              <section key={group}>
                <h3>{group}</h3>
                <dl>
                  {here.map(({ keys, does }) => (
                    <>
                      <dt>{does}</dt>
                      <dd>
                        {keys.split(' ').map((key) => (
                          <kbd key={key}>{key}</kbd>
                        ))}
                      </dd>
                    </>
                  ))}
                </dl>
              </section>
            )
          )
        })}
      </div>
    </Dialog>
  )
}
