import { useEffect } from "react";

/** The document's title, by which a browser names tab and history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Locum`;
  }, [title]);
}
