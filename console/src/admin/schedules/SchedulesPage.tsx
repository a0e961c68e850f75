/** When secrets are changed and verified. */
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { CredentialPlaces } from "../credentials/Places";
import { AddLink, NamedList } from "../NamedList";
import { type Schedule, useSchedules } from "./schedules";

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

function told(row: Schedule, words: ReturnType<typeof useAdminWords>["schedules"], locale: string): string {
  const time = row.localTime.slice(11, 16);
  const days = (row.daysOfWeek ?? "").split(",").filter(Boolean);
  switch (row.frequency) {
    case 0:
      return words.everyHours(row.periodValue);
    case 4:
      return words.everyMinutes(row.periodValue);
    case 1:
      return words.everyDays(row.periodValue, time);
    case 2:
      return words.weekly(days.map((day) => words.days[day.trim()] ?? day).join(", "), time);
    default:
      return words.monthly(row.dayNumber.toLocaleString(locale), time);
  }
}
