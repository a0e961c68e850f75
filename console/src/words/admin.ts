/** What the pages of administration say; apart, as they are loaded when somebody goes there. */
import { useLanguage } from ".";
import { access as accessDe } from "./access.de";
import { access as accessEn } from "./access.en";
import { admin as adminDe } from "./admin.de";
import { admin as adminEn } from "./admin.en";

export type AdminWords = typeof adminEn & typeof accessEn;
const CATALOGUES: Record<string, AdminWords> = {
  en: { ...adminEn, ...accessEn },
  de: { ...adminDe, ...accessDe },
};
const ENGLISH = { ...adminEn, ...accessEn };

export function useAdminWords(): AdminWords {
  const [code] = useLanguage();
  return CATALOGUES[code] ?? ENGLISH;
}
