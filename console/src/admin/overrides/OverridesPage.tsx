/** Other schedules than the platform's, for chosen credentials or resources. */
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { CredentialPlaces } from "../credentials/Places";
import { AddLink, NamedList } from "../NamedList";
import { usePlatforms } from "../platforms/platforms";

export default function OverridesPage() {
  const { form, overrides } = useAdminWords();
  const platforms = usePlatforms();
  const found = useQuery({ queryKey: ["overrides"], queryFn: () => answer(api.GET("/api/v1/OverridePolicy")) });
  return (
    <NamedList
      title={overrides.title}
      intro={overrides.intro}
      search={form.searchIn(overrides.title)}
      empty={overrides.empty}
      found={found}
      at="/admin/overrides"
      add={<AddLink to="/admin/overrides/new" label={overrides.add} />}
      places={<CredentialPlaces />}
      columns={[
        { key: "type", label: overrides.type, show: (row) => overrides.types[row.type] },
        {
          key: "platform",
          label: overrides.platform,
          show: (row) => platforms.data?.find((one) => one.id === row.platformId)?.name ?? "–",
        },
        {
          key: "rotation",
          label: overrides.rotation,
          show: (row) => row.rotateSchedule?.name ?? overrides.ofPlatform,
        },
        {
          key: "verification",
          label: overrides.verification,
          show: (row) => row.verifySchedule?.name ?? overrides.ofPlatform,
        },
      ]}
    />
  );
}
