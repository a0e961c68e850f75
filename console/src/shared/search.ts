/** Parts of an address, as they may be looked at. */

/** An id; what is none is dropped. */
export function id(found: unknown): string | undefined {
  return typeof found === "string" && /^[0-9a-f-]{36}$/i.test(found) ? found : undefined;
}

/** A text, which the router has as a number where it looks like one; an empty one is none. */
export function text(found: unknown): string | undefined {
  return (typeof found === "string" || typeof found === "number") && found !== "" ? String(found) : undefined;
}
