/** The browser's own dialog, which keeps the keyboard inside, closes on Escape and gives the focus back. */
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
    // Closed and not only taken away: then the focus goes back to where it was.
    return () => current?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      class={isLittle ? 'little' : ''}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        // On the ground behind it, which belongs to the dialog itself.
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
