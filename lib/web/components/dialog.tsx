/** The browser's own modal dialog: it traps the focus, closes on Escape and restores the focus. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icons.tsx'

interface DialogProps {
  readonly title: string
  readonly isLittle?: boolean
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, isLittle, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const { current } = ref
    current?.showModal()
    // Closed rather than only removed, so that the browser restores the focus.
    return () => current?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      class={isLittle ? 'little' : ''}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        // A click on the backdrop has the dialog itself as its target.
        if (event.target === ref.current) ref.current?.close()
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="button plain only-icon" aria-label="Close" onClick={() => ref.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  )
}
