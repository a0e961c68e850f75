/** Named groups of rules about commands, which profiles can have. */
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../shared/api";
import { useAdminWords } from "../../words/admin";
import { AddLink, NamedList } from "../NamedList";
import { ProfilePlaces } from "./Places";

export default function RestrictionsPage() {
  const words = useAdminWords();
  const restrictions = useQuery({
    queryKey: ["restrictions"],
    queryFn: () => answer(api.GET("/api/locum/v1/CommandRestriction")),
  });
  return (
    <NamedList
      title={words.restrictions.title}
      intro={words.restrictions.intro}
      search={words.form.searchIn(words.restrictions.title)}
      empty={words.restrictions.empty}
      found={restrictions}
      at="/admin/restrictions"
      add={<AddLink to="/admin/restrictions/new" label={words.restrictions.add} />}
      places={<ProfilePlaces />}
      columns={[
        {
          key: "active",
          label: words.restrictions.active,
          show: (row) => (row.active ? words.form.yes : words.form.no),
        },
        { key: "rules", label: words.restrictions.rules, show: (row) => row.rules.length },
      ]}
    />
  );
}
