import { expect, test } from "vitest";
import { en } from "../words/en";
import { rulesFor } from "./passwordRules";

const RULES = {
  passwordLength: 8,
  passwordUnique: 5,
  passwordLowercase: true,
  passwordUppercase: false,
  passwordDigit: true,
  passwordSymbol: true,
  passwordHistory: 3,
};
const met = (text: string) => rulesFor(text, RULES, en.password).map((rule) => rule.isMet);

test("each rule that is asked for is shown, and no other", () => {
  const shown = rulesFor("", RULES, en.password).map((rule) => rule.text);
  expect(shown).toEqual([
    "8 characters",
    "5 different characters",
    "a lower-case letter",
    "a digit",
    "a character that is neither letter nor digit",
  ]);
});

test("what a text meets", () => {
  expect(met("")).toEqual([false, false, false, false, false]);
  expect(met("aaaaaaaa")).toEqual([true, false, true, false, false]);
  expect(met("Größe 17!")).toEqual([true, true, true, true, true]);
});
