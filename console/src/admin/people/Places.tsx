import { Subplaces } from "../../shared/Subplaces";
import { useAdminWords } from "../../words/admin";

export function PeoplePlaces() {
  const words = useAdminWords();
  return (
    <Subplaces
      label={words.people.title}
      places={[
        { to: "/admin/people", label: words.people.title },
        { to: "/admin/groups/people", label: words.groups.people.title },
        { to: "/admin/groups/collections", label: words.groups.collections.title },
        { to: "/admin/roles", label: words.roles.title },
      ]}
    />
  );
}

export function ResourcePlaces() {
  const words = useAdminWords();
  return (
    <Subplaces
      label={words.resources.title}
      places={[
        { to: "/admin/resources", label: words.resources.title },
        { to: "/admin/groups/resources", label: words.groups.resources.title },
        { to: "/admin/platforms", label: words.platforms.title },
      ]}
    />
  );
}

export function ActivityPlaces() {
  const words = useAdminWords();
  return (
    <Subplaces
      label={words.activities.title}
      places={[
        { to: "/admin/activities", label: words.activities.title },
        { to: "/admin/groups/activities", label: words.groups.activities.title },
      ]}
    />
  );
}
