import { expect, test } from "vitest";
import { barsOf, HEIGHT, WIDTH } from "./bars";

const day = (total: number, failed = 0, denied = 0) => ({ date: `${total}`, total, failed, denied });

test("parts stand on each other, and the busiest day is the highest", () => {
  const { bars, top } = barsOf([day(0), day(4, 1, 1), day(8)]);
  expect(top).toBe(8);
  expect(bars.map((bar) => bar.parts.map((part) => part.kind))).toEqual([[], ["total", "denied", "failed"], ["total"]]);
  expect(bars[2]?.parts[0]?.y).toBe(1);
  const [low, middle, high] = bars[1]?.parts ?? [];
  expect(low && low.y + low.height).toBe(HEIGHT);
  expect(middle && middle.y + middle.height).toBe(low?.y);
  expect(high && high.y + high.height).toBe(middle?.y);
  expect(bars.every((bar) => bar.x >= 0 && bar.x + bar.width <= WIDTH)).toBe(true);
});

test("days without any session have no bar", () => {
  expect(barsOf([day(0)])).toMatchObject({ top: 1, bars: [{ parts: [] }] });
});
