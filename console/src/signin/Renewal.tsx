/** Signing in again in place, where a sign-in ended while its page was open. Nothing on the page is lost. */
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { renewal } from "./renewal";
import type { Who } from "./who";

const load = () => import("./RenewalDialog");
const RenewalDialog = lazy(load);

export function Renewal({ who }: { who: Who }) {
  const isNeeded = useSyncExternalStore(renewal.subscribe, renewal.isNeeded);
  // Not with the page, but soon: when it is needed, the server may have other files.
  useEffect(() => void load(), []);
  return <Suspense>{isNeeded && <RenewalDialog who={who} />}</Suspense>;
}
