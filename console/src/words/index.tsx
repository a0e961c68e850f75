/** All that the console says: one catalogue a language, with the same entries (TypeScript sees to that). */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { de } from "./de";
import { en } from "./en";

export type Words = typeof en;
export const LANGUAGES = [
  { code: "en", name: "English", words: { ...en, locale: localeOf("en") } },
  { code: "de", name: "Deutsch", words: { ...de, locale: localeOf("de") } },
] as const;
type Code = (typeof LANGUAGES)[number]["code"];

const KEPT_AS = "locum-language";
const Context = createContext<[Code, (code: Code) => void]>(["en", () => undefined]);

export function WordsProvider({ children }: { children: ReactNode }) {
  const [code, setCode] = useState<Code>(chosen);
  useEffect(() => {
    document.documentElement.lang = code;
    localStorage.setItem(KEPT_AS, code);
  }, [code]);
  return <Context.Provider value={[code, setCode]}>{children}</Context.Provider>;
}

export function useLanguage(): [Code, (code: Code) => void] {
  return useContext(Context);
}

export function useWords(): Words {
  const [code] = useContext(Context);
  return LANGUAGES.find((one) => one.code === code)?.words ?? en;
}

/** The browser's own kind of a language, which says how times are written. */
function localeOf(code: string): string {
  return navigator.languages.find((tag) => tag.slice(0, 2) === code) ?? code;
}

function chosen(): Code {
  const wanted = [localStorage.getItem(KEPT_AS), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return LANGUAGES.find((one) => one.code === wanted.find((tag) => LANGUAGES.some((l) => l.code === tag)))?.code ?? "en";
}
