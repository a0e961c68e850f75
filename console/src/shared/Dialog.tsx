/** A dialog that is there as long as it is rendered, and gives the focus back to where it was before. */
import { Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../words";

type Props = {
  title: string;
  /** It has gone: render it no more. */
  onGone: () => void;
  /** Only a button inside of it closes it. */
  mustAnswer?: boolean;
  size?: string;
  children: (close: () => void) => ReactNode;
};

export function Dialog({ title, onGone, mustAnswer = false, size, children }: Props) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    // Mantine gives it back a moment after closing, when this is gone already.
    const before = document.activeElement;
    setOpen(true);
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const close = () => setOpen(false);
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      onExitTransitionEnd={onGone}
      title={title}
      size={size}
      returnFocus={false}
      withCloseButton={!mustAnswer}
      closeOnEscape={!mustAnswer}
      closeOnClickOutside={!mustAnswer}
      closeButtonProps={{ "aria-label": words.shared.close }}
    >
      {children(close)}
    </Modal>
  );
}
