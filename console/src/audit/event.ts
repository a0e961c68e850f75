/** What an event of the audit log says. */

/** How long an event may go without a seal before somebody should look: as long as `locum audit verify` has patience. */
const PATIENCE_MS = 60_000;

/** The entries of an event's detail, which is a JSON object; what can't be read is shown as it is. */
export function detailsOf(detail: string): [string, string][] {
  try {
    return Object.entries(JSON.parse(detail) as object).map(([key, value]) => [key, String(value)]);
  } catch {
    return [["?", detail]];
  }
}

export function isLate(waitingSince: string | null, now: number): boolean {
  return waitingSince !== null && now - Date.parse(waitingSince) > PATIENCE_MS;
}
