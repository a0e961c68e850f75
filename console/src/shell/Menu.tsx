/** On narrow screens: what is at the side of wide ones. */
import { Drawer } from "@mantine/core";
import { useWords } from "../words";
import { Places } from "./Places";
import { Brand, Me } from "./Shell";

export default function Menu({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const words = useWords();
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      size={280}
      title={<Brand />}
      closeButtonProps={{ "aria-label": words.shared.close }}
    >
      <nav aria-label={words.shell.nav} className="drawer">
        <Places />
        <Me />
      </nav>
    </Drawer>
  );
}
