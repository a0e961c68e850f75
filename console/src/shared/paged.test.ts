import { describe, expect, it } from "vitest";
import { holding, listSearch } from "./paged";

describe("what a list keeps in the address", () => {
  it("is a text and a place, and nothing else", () => {
    expect(listSearch({ q: "web", page: 3, other: 1 })).toEqual({ q: "web", page: 3 });
    expect(listSearch({ q: 42, page: "2", row: "5001" })).toEqual({ q: "42", page: 2, row: 5001 });
    for (const no of [1, 0, -1, 1.5, "x", null]) expect(listSearch({ page: no, row: no })).toEqual({});
    expect(listSearch({ q: "a".repeat(300) }).q).toHaveLength(200);
  });
});

describe("a list that came whole", () => {
  it("is searched here, in any case", () => {
    const rows = [{ name: "Linux sudo" }, { name: "Linux shell" }];
    const found = (q?: string) => holding(rows, q, (row) => row.name)?.map((row) => row.name);
    expect(found()).toEqual(["Linux sudo", "Linux shell"]);
    expect(found("SHELL")).toEqual(["Linux shell"]);
    expect(found("none")).toEqual([]);
    expect(holding(undefined, "x", String)).toBeUndefined();
  });
});
