/** What people can do on targets. */
import { useAdminWords } from "../../words/admin";
import { AddLink, NamedList } from "../NamedList";
import { ActivityPlaces } from "../people/Places";
import { useActivities } from "./activities";

export default function ActivitiesPage() {
  const words = useAdminWords();
  const activities = useActivities();
  return (
    <NamedList
      title={words.activities.title}
      intro={words.activities.intro}
      search={words.form.searchIn(words.activities.title)}
      empty={words.activities.empty}
      found={activities}
      at="/admin/activities"
      add={<AddLink to="/admin/activities/new" label={words.activities.add} />}
      places={<ActivityPlaces />}
      columns={[
        { key: "platform", label: words.activities.platform, show: (row) => row.platform?.name ?? "–" },
        { key: "type", label: words.activities.type, show: (row) => words.activities.types[row.activityType] },
        { key: "account", label: words.activities.account, show: (row) => words.activities.accounts[row.loginAccount] },
      ]}
    />
  );
}
