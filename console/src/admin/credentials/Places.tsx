import { Subplaces } from "../../shared/Subplaces";
import { useAdminWords } from "../../words/admin";

export function CredentialPlaces() {
  const words = useAdminWords();
  return (
    <Subplaces
      label={words.credentials.title}
      places={[
        { to: "/admin/credentials", label: words.credentials.title },
        { to: "/admin/groups/credentials", label: words.groups.credentials.title },
        { to: "/admin/overrides", label: words.overrides.title },
        { to: "/admin/schedules", label: words.schedules.title },
        { to: "/admin/complexities", label: words.complexities.title },
      ]}
    />
  );
}
