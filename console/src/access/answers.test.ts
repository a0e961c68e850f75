import { expect, test } from "vitest";
import { answersOf } from "./answers";

test("the answers of an earlier session by their names", () => {
  expect(answersOf(null)).toEqual({});
  expect(answersOf('[{"name": "site", "value": "Bonn"}, {"name": "size", "value": null}]')).toEqual({
    site: "Bonn",
    size: "",
  });
});
