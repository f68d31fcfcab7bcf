/** A button that copies a text to the clipboard. */
import { Icon } from './icons.tsx'
import { showToast } from './toasts.tsx'

export const CopyButton = ({ text, what }: { readonly text: string; readonly what: string }) => (
  <button
    type="button"
    class="button plain small only-icon"
    aria-label={`Copy ${what}`}
    title={`Copy ${what}`}
    onClick={() => {
      navigator.clipboard.writeText(text).then(
        () => showToast(`Copied ${what}`),
        () => showToast('The browser does not allow copying'),
      )
    }}
  >
    <Icon name="copy" size={14} />
  </button>
)
