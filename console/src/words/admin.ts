/** What the pages of administration say; apart, as they are loaded when somebody goes there. */
import { useLanguage } from ".";
import { access as accessDe } from "./access.de";
import { access as accessEn } from "./access.en";
import { admin as adminDe } from "./admin.de";
import { admin as adminEn } from "./admin.en";
import { resources as resourcesDe } from "./resources.de";
import { resources as resourcesEn } from "./resources.en";

const ENGLISH = { ...adminEn, ...accessEn, ...resourcesEn };
export type AdminWords = typeof ENGLISH;
const CATALOGUES: Record<string, AdminWords> = {
  en: ENGLISH,
  de: { ...adminDe, ...accessDe, ...resourcesDe },
};

export function useAdminWords(): AdminWords {
  const [code] = useLanguage();
  return CATALOGUES[code] ?? ENGLISH;
}
