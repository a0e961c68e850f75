/** The rules of form for a new password, and which a text meets. The server decides; this says it while one types. */
import type { Model } from "../shared/api";
import type { Words } from "../words";

export type Rules = Model<"PasswordRules">;
export type Rule = { text: string; isMet: boolean };

const NEITHER = /[^\p{L}\p{N}]/u;

export function rulesFor(text: string, rules: Rules, words: Words["password"]): Rule[] {
  const letters = [...text];
  const shown: (Rule | false)[] = [
    { text: words.length(rules.passwordLength), isMet: letters.length >= rules.passwordLength },
    rules.passwordUnique > 1 && {
      text: words.unique(rules.passwordUnique),
      isMet: new Set(letters).size >= rules.passwordUnique,
    },
    rules.passwordLowercase && { text: words.lowercase, isMet: /\p{Ll}/u.test(text) },
    rules.passwordUppercase && { text: words.uppercase, isMet: /\p{Lu}/u.test(text) },
    rules.passwordDigit && { text: words.digit, isMet: /\p{Nd}/u.test(text) },
    rules.passwordSymbol && { text: words.symbol, isMet: NEITHER.test(text) },
  ];
  return shown.filter((one) => one !== false);
}
