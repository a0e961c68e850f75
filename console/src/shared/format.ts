/** Times as people read them, and the command that connects to a session. */

/** .NET's default stands for a time that was never set. */
const NEVER = "0001-";

export function when(time: string | null | undefined, locale: string): string | null {
  if (!time || time.startsWith(NEVER)) return null;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}

/** With seconds, where the order of things matters. */
export function exactly(time: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(time));
}

/** The moment a day (yyyy-mm-dd) begins here, some days later; undefined for none, or for what is no day. */
export function dayStart(day: string | undefined, later = 0): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? "");
  if (!parts) return undefined;
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).toISOString();
}

export function clock(time: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium" }).format(new Date(time));
}

/** How long until `time`, as h:mm:ss; null once it has come. */
export function left(time: string, now: number): string | null {
  const seconds = Math.floor((Date.parse(time) - now) / 1000);
  if (!(seconds > 0)) return null;
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/**
 * The command for a terminal. Names in the address come from others, so each part is quoted whole for a POSIX shell,
 * and what would end a line stays encoded: pasting runs `ssh` and nothing else.
 */
export function sshCommand(url: string): string | null {
  const found = /^ssh:\/\/([^@/]+)@(\[[0-9a-fA-F:.]+\]|[^:@/]+)(?::(\d+))?$/.exec(url);
  if (!found) return null;
  const user = (found[1] ?? "").replace(/(?:%[0-9a-fA-F]{2})+/g, (encoded) => {
    const text = decodeURIComponent(encoded);
    return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text) ? encoded : text;
  });
  const host = (found[2] ?? "").replace(/^\[|\]$/g, "");
  const quoted = `'${`${user}@${host}`.replaceAll("'", "'\\''")}'`;
  return found[3] && found[3] !== "22" ? `ssh -p ${found[3]} ${quoted}` : `ssh ${quoted}`;
}

/** A size of a file, in the unit that says most. */
export function bytes(size: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1);
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[step],
    maximumFractionDigits: step ? 1 : 0,
  }).format(size / 1000 ** step);
}
