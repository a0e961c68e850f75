/** What can be chosen from a short list. */

/** Numbered names as options. */
export function numbered(names: Record<number, string>): { value: string; label: string }[] {
  return Object.entries(names).map(([value, label]) => ({ value, label }));
}

/** Things by name, with one for none before them. */
export function things(none: string, rows: { id: string; name: string | null }[] | undefined) {
  return [{ value: "", label: none }, ...(rows ?? []).map((row) => ({ value: row.id, label: row.name ?? row.id }))];
}
