/**
 * All that the console says: one catalogue a language, with the same entries (TypeScript sees to that). English comes
 * with the page, others are loaded by who wants them.
 */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { en } from "./en";

export type Words = typeof en;
export const LANGUAGES = [
  { code: "en", name: "English", load: async (): Promise<Words> => en },
  { code: "de", name: "Deutsch", load: async (): Promise<Words> => (await import("./de")).de },
] as const;
type Code = (typeof LANGUAGES)[number]["code"];

const KEPT_AS = "locum-language";
type Spoken = { code: Code; words: Words };
const Context = createContext<[Spoken, (code: Code) => void]>([{ code: "en", words: en }, () => undefined]);

/** With `first`, what is spoken from the beginning. */
export function WordsProvider({ first, children }: { first: Spoken; children: ReactNode }) {
  const [spoken, setSpoken] = useState(first);
  const { code } = spoken;
  useEffect(() => {
    document.documentElement.lang = code;
    localStorage.setItem(KEPT_AS, code);
  }, [code]);
  const speak = (to: Code) => void spokenIn(to).then(setSpoken);
  return <Context.Provider value={[spoken, speak]}>{children}</Context.Provider>;
}

export function useLanguage(): [Code, (code: Code) => void] {
  const [{ code }, speak] = useContext(Context);
  return [code, speak];
}

export function useWords(): Words {
  return useContext(Context)[0].words;
}

export async function spokenIn(code: Code = chosen()): Promise<Spoken> {
  const words = await LANGUAGES.find((one) => one.code === code)?.load();
  return { code, words: { ...(words ?? en), locale: localeOf(code) } };
}

/** The browser's own kind of a language, which says how times are written. */
function localeOf(code: string): string {
  return navigator.languages.find((tag) => tag.slice(0, 2) === code) ?? code;
}

function chosen(): Code {
  const wanted = [localStorage.getItem(KEPT_AS), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return LANGUAGES.find((one) => one.code === wanted.find((tag) => LANGUAGES.some((l) => l.code === tag)))?.code ?? "en";
}
