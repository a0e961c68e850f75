/** When secrets are changed and verified. */
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { CredentialPlaces } from "../credentials/Places";
import { AddLink, NamedList } from "../NamedList";
import { told, useSchedules } from "./schedules";

export default function SchedulesPage() {
  const words = useAdminWords();
  const { locale } = useWords();
  const schedules = useSchedules();
  return (
    <NamedList
      title={words.schedules.title}
      intro={words.schedules.intro}
      search={words.form.searchIn(words.schedules.title)}
      empty={words.schedules.empty}
      found={schedules}
      at="/admin/schedules"
      add={<AddLink to="/admin/schedules/new" label={words.schedules.add} />}
      places={<CredentialPlaces />}
      columns={[{ key: "when", label: words.schedules.when, show: (row) => told(row, words.schedules, locale) }]}
    />
  );
}
