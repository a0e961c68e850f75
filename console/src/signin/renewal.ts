/** A sign-in that ended while the page was open: requests wait here until it is renewed. */

type Listener = () => void;

let waiting: Listener[] = [];
const listeners = new Set<Listener>();

/** Resolves once somebody has signed in again. */
export function waitForRenewal(): Promise<void> {
  return new Promise((resolve) => {
    waiting = [...waiting, resolve];
    for (const tell of listeners) tell();
  });
}

/** Lets all that waits go on. */
export function renewed(): void {
  const all = waiting;
  waiting = [];
  for (const resolve of all) resolve();
  for (const tell of listeners) tell();
}

/** Whether something waits, for `useSyncExternalStore`. */
export const renewal = {
  subscribe(tell: Listener): () => void {
    listeners.add(tell);
    return () => listeners.delete(tell);
  },
  isNeeded: (): boolean => waiting.length > 0,
};
