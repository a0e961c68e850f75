/** The roles that come with Locum, and those made here. */
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../shared/api";
import { type AdminWords, useAdminWords } from "../../words/admin";
import { AddLink, NamedList } from "../NamedList";
import { PeoplePlaces } from "./Places";

export default function RolesPage() {
  const words = useAdminWords();
  const roles = useQuery({
    queryKey: ["roles"],
    queryFn: () => answer(api.GET("/api/locum/v1/Role")),
    select: (found) => found.map((role) => ({ ...role, ...shownRole(role, words.roles) })),
  });
  return (
    <NamedList
      title={words.roles.title}
      intro={words.roles.intro}
      search={words.form.searchIn(words.roles.title)}
      empty={words.roles.empty}
      found={roles}
      at="/admin/roles"
      add={<AddLink to="/admin/roles/new" label={words.roles.add} />}
      places={<PeoplePlaces />}
      columns={[
        {
          key: "target",
          label: words.roles.target,
          show: (row) => (row.isBuiltIn ? words.roles.builtInHint : (words.roles.targets[row.target ?? ""] ?? row.target)),
        },
        { key: "permissions", label: words.roles.permissions, show: (row) => row.permissions.length },
        { key: "members", label: words.roles.members, show: (row) => row.memberCount },
      ]}
    />
  );
}

type Role = { name: string; isBuiltIn: boolean; description: string | null };

/** A role's name and description: of one that came with Locum, in the reader's language. */
export function shownRole(role: Role, words: AdminWords["roles"]): { name: string; description: string } {
  return {
    name: (role.isBuiltIn && words.builtIn[role.name]) || role.name,
    description: (role.isBuiltIn && words.builtInAbout[role.name]) || (role.description ?? ""),
  };
}
