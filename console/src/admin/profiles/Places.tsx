import { Subplaces } from "../../shared/Subplaces";
import { useAdminWords } from "../../words/admin";

export function ProfilePlaces() {
  const words = useAdminWords();
  return (
    <Subplaces
      label={words.profiles.title}
      places={[
        { to: "/admin/profiles", label: words.profiles.title },
        { to: "/admin/restrictions", label: words.restrictions.title },
        { to: "/admin/workflows", label: words.workflows.title },
      ]}
    />
  );
}
