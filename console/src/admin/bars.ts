/** Where the bars of days stand, each of up to three parts on each other. */
export const WIDTH = 600;
export const HEIGHT = 120;
const GAP = 5;

type Day = { date: string; total: number; failed: number; denied: number };
export type Part = { kind: "total" | "failed" | "denied"; y: number; height: number };
export type Bar<D extends Day> = { day: D; x: number; width: number; gap: number; parts: Part[] };

/** `top` is the most that a day had: so high the highest bar is. */
export function barsOf<D extends Day>(days: D[]): { bars: Bar<D>[]; top: number } {
  const top = Math.max(1, ...days.map((day) => day.total));
  const step = WIDTH / Math.max(1, days.length);
  const bars = days.map((day, place) => {
    const counts = { total: day.total - day.failed - day.denied, denied: day.denied, failed: day.failed };
    let y = HEIGHT;
    const parts: Part[] = [];
    for (const kind of ["total", "denied", "failed"] as const) {
      const height = (counts[kind] / top) * (HEIGHT - 1);
      if (height === 0) continue;
      y -= height;
      parts.push({ kind, y, height });
    }
    return { day, x: place * step + GAP / 2, width: step - GAP, gap: GAP, parts };
  });
  return { bars, top };
}
