import { describe, expect, it } from "vitest";
import { detailsOf, isLate } from "./event";

describe("an event of the audit log", () => {
  it("shows its details, whatever they are", () => {
    expect(detailsOf('{"count":3,"forced":true,"resource":"web01"}')).toEqual([
      ["count", "3"],
      ["forced", "true"],
      ["resource", "web01"],
    ]);
    expect(detailsOf("{}")).toEqual([]);
    expect(detailsOf("cut sho")).toEqual([["?", "cut sho"]]);
  });

  it("is late without a seal after a minute", () => {
    const now = Date.parse("2026-01-01T00:02:00Z");
    expect(isLate("2026-01-01T00:01:30Z", now)).toBe(false);
    expect(isLate("2026-01-01T00:00:30Z", now)).toBe(true);
    expect(isLate(null, now)).toBe(false);
  });
});
