/**
 * Whether somebody is here. Each request counts as use of the sign-in, so a page that nobody looks at must stop asking
 * by itself, or its sign-in would never end.
 */
import { useSyncExternalStore } from "react";

const AWAY_AFTER_MS = 5 * 60 * 1000;

let isHere = true;
let leaving = 0;
const listeners = new Set<() => void>();

function set(here: boolean) {
  if (here === isHere) return;
  isHere = here;
  for (const tell of listeners) tell();
}

function seen() {
  window.clearTimeout(leaving);
  leaving = window.setTimeout(() => set(false), AWAY_AFTER_MS);
  set(true);
}

for (const sign of ["pointerdown", "pointermove", "keydown", "focus"]) {
  window.addEventListener(sign, seen, { passive: true });
}
seen();

/** `interval` while somebody is here, else false: for `refetchInterval`. */
export function useInterval(interval: number): number | false {
  const here = useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => isHere,
  );
  return here && interval;
}
