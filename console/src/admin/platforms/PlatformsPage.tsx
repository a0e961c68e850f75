/** Kinds of targets: by which schedules and rules secrets on them change, where nothing closer says otherwise. */
import { useAdminWords } from "../../words/admin";
import { NamedList } from "../NamedList";
import { ResourcePlaces } from "../people/Places";
import { useComplexities, useSchedules } from "../schedules/schedules";
import { usePlatforms } from "./platforms";

export default function PlatformsPage() {
  const { form, platforms } = useAdminWords();
  const schedules = useSchedules();
  const complexities = useComplexities();
  const named = (rows: { id: string; name: string | null }[] | undefined, id: string | null) =>
    rows?.find((row) => row.id === id)?.name ?? "–";
  return (
    <NamedList
      title={platforms.title}
      intro={platforms.intro}
      search={form.searchIn(platforms.title)}
      empty={platforms.empty}
      found={usePlatforms()}
      at="/admin/platforms"
      places={<ResourcePlaces />}
      columns={[
        {
          key: "rotation",
          label: platforms.rotation,
          show: (row) => named(schedules.data, row.scheduledChangePolicyId),
        },
        {
          key: "verification",
          label: platforms.verification,
          show: (row) => named(schedules.data, row.verificationScheduleId),
        },
        {
          key: "complexity",
          label: platforms.complexity,
          show: (row) => named(complexities.data, row.passwordComplexityPolicyId),
        },
        {
          key: "origin",
          label: platforms.origin,
          show: (row) => (row.basePlatformId ? platforms.copied : platforms.builtIn),
        },
      ]}
    />
  );
}
