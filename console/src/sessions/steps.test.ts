import { describe, expect, it } from "vitest";
import { statesOf } from "./steps";

describe("the steps of a session", () => {
  it("have one that is going on, while it is open", () => {
    for (const status of [-1, 0, 1, 2]) {
      expect(statesOf(status, status > 0).filter((state) => state === "now")).toHaveLength(1);
    }
  });

  it("show where it stopped", () => {
    expect(statesOf(6, false)[1]).toBe("failed");
    expect(statesOf(4, false)[2]).toBe("failed");
    expect(statesOf(4, true)[4]).toBe("failed");
    expect(statesOf(3, true)).toEqual(["done", "done", "done", "done", "done"]);
    expect(statesOf(5, false)[3]).toBe("next");
  });
});
