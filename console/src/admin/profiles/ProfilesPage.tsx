/** What access is like: how long, recorded or not, from where, when, and what is asked for before. */
import { useAdminWords } from "../../words/admin";
import { AddLink, NamedList } from "../NamedList";
import { ProfilePlaces } from "./Places";
import { useProfiles } from "./profile";

export default function ProfilesPage() {
  const words = useAdminWords();
  const profiles = useProfiles();
  return (
    <NamedList
      title={words.profiles.title}
      intro={words.profiles.intro}
      search={words.form.searchIn(words.profiles.title)}
      empty={words.profiles.empty}
      found={profiles}
      at="/admin/profiles"
      add={<AddLink to="/admin/profiles/new" label={words.profiles.add} />}
      places={<ProfilePlaces />}
      columns={[
        { key: "length", label: words.profiles.maxSessionLength, show: (row) => row.maxSessionLength ?? "–" },
        { key: "record", label: words.profiles.record, show: (row) => (row.record ? words.form.yes : words.form.no) },
        {
          key: "approval",
          label: words.profiles.approvalTypeRequired,
          show: (row) => words.profiles.approvals[row.approvalTypeRequired],
        },
        { key: "default", label: words.profiles.isDefault, show: (row) => row.isDefault && words.form.yes },
      ]}
    />
  );
}
