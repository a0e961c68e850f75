/** A terminal on the page. What is shown in it can do nothing to the page: no title, no link, no clipboard. */
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

export const THEMES: Record<"light" | "dark", ITheme> = {
  light: { background: "#ffffff", foreground: "#1f2328", cursor: "#1f2328", selectionBackground: "#b6d3ff" },
  dark: { background: "#16181d", foreground: "#e6e8eb", cursor: "#e6e8eb", selectionBackground: "#3b5580" },
};
const READABLE = 4.5; // WCAG 2.2, 1.4.3: whatever colours the target asks for

type Wanted = { onLeave: () => void; fits: boolean };

/** Opens a terminal in `place`, which it fills if it `fits`; `onLeave`: the key that gives the focus to the page. */
export function openScreen(place: HTMLElement, scheme: "light" | "dark", { onLeave, fits }: Wanted): Terminal {
  const screen = new Terminal({
    theme: THEMES[scheme],
    fontFamily: getComputedStyle(place).getPropertyValue("--mantine-font-family-monospace"),
    fontSize: 14,
    scrollback: 5000,
    minimumContrastRatio: READABLE,
    linkHandler: { activate: () => undefined },
  });
  screen.open(place);
  screen.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown") return true;
    if (event.key === "Escape" && event.shiftKey) onLeave();
    else if (event.code === "KeyC" && event.ctrlKey && event.shiftKey) void copy(screen);
    else return true;
    event.preventDefault();
    return false;
  });
  if (fits) fill(screen, place);
  return screen;
}

function fill(screen: Terminal, place: HTMLElement): void {
  const fit = new FitAddon();
  screen.loadAddon(fit);
  const watching = new ResizeObserver(() => fit.fit());
  watching.observe(place);
  screen.loadAddon({ activate: () => undefined, dispose: () => watching.disconnect() });
  fit.fit();
}

/** What is marked, to the clipboard. */
export async function copy(screen: Terminal): Promise<void> {
  if (screen.hasSelection()) await navigator.clipboard.writeText(screen.getSelection());
}
