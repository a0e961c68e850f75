/** Which roles somebody holds, and what policies give them. */
import { answer, api, type Model } from "../../shared/api";
import { Members } from "../../shared/Members";
import { useAdminWords } from "../../words/admin";
import { shownRole } from "./RolesPage";

type Holder = { personId: string };

export function PersonRoles({ personId }: Holder) {
  const words = useAdminWords();
  const of = (roleId: string) => ({ path: { roleId, identityId: personId } });
  const held = () => answer(api.GET("/api/locum/v1/Role", { params: { query: { identityId: personId } } }));
  const shown = (role: Model<"RoleView">) => {
    const { name, description } = shownRole(role, words.roles);
    return { id: role.id, name, about: description };
  };
  return (
    <Members
      title={words.roles.title}
      intro={words.roles.held}
      of={["roles of", personId]}
      list={async ({ skip, take, filterText = "" }) => {
        const roles = (await held()).map(shown).filter((role) => includes(role.name, filterText));
        return { rows: roles.slice(skip, skip + take), total: roles.length };
      }}
      candidates={async (text) => {
        const [all, mine] = await Promise.all([answer(api.GET("/api/locum/v1/Role")), held()]);
        const has = new Set(mine.map((role) => role.id));
        return all.filter((role) => !has.has(role.id)).map(shown).filter((role) => includes(role.name, text));
      }}
      add={(ids) =>
        Promise.all(ids.map((id) => answer(api.PUT("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: of(id) }))))
      }
      remove={(id) => answer(api.DELETE("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: of(id) }))}
      empty={words.roles.holdsNone}
    />
  );
}

export function PersonPolicies({ personId }: Holder) {
  const words = useAdminWords();
  return (
    <Members
      title={words.people.access}
      intro={words.people.accessHint}
      of={["access of", personId]}
      list={async (query) => {
        const found = await answer(
          api.GET("/api/v1/AccessControlPolicy/ManagedAccount/{managedAccountId}", {
            params: { path: { managedAccountId: personId }, query: { ...query, groupByPolicy: true } },
          }),
        );
        const rows = (found.data ?? []).map((card) => ({
          id: `${card.policyId} ${card.id}`,
          name: card.name ?? "",
          about: words.people.by(card.policyName ?? "", card.totalResources),
        }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={async () => []}
      empty={words.people.noAccess}
    />
  );
}

function includes(name: string, text: string): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}
