/** One role: what its holders may do, with which things, and who holds it. One that came with Locum can only be given. */
import { Checkbox, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given, type Model } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { Members } from "../../shared/Members";
import { type Named, PickMany, type Search } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { type IdList, namesOf } from "../names";
import { findActivities, findCredentials, findPeopleAndGroups, findPeople, findPolicies, findResources } from "../searches";
import { ThingEnd, useSaved } from "../ThingEnd";
import { ThingPage } from "../ThingPage";
import { shownRole } from "./RolesPage";

type Role = Model<"RoleView">;
const route = getRouteApi("/admin/roles/$id");
const KIND = { list: "roles", one: "role", at: "/admin/roles" };

/** What a role for each kind of thing can give, and which lists narrow it. */
const TARGETS: Record<string, { permissions: string[]; lists: IdList[] }> = {
  policies: {
    permissions: ["name", "description", "profile", "activities", "users", "resources"].map(
      (what) => `policies:${what}:modify`,
    ),
    lists: ["policyIds", "activityIds", "managedAccountIds", "managedResourceIds"],
  },
  credentials: {
    permissions: [
      "credentials:credential:manage",
      "credentials:credential:unmanage",
      "credentials:password:view",
      "credentials:password:verify",
      "credentials:rotation:schedule",
      "credentials:services:rotate",
    ],
    lists: ["credentialIds"],
  },
  recordings: { permissions: ["recordings:ended:view"], lists: ["managedAccountIds", "managedResourceIds"] },
};
const SEARCHES: Record<IdList, Search> = {
  policyIds: findPolicies,
  activityIds: findActivities,
  managedAccountIds: findPeople,
  managedResourceIds: findResources,
  credentialIds: findCredentials,
};
const LISTS = Object.keys(SEARCHES) as IdList[];

const FRESH = {
  name: "",
  description: "",
  target: "policies",
  permissions: [] as string[],
  policyIds: [] as Named[],
  activityIds: [] as Named[],
  managedAccountIds: [] as Named[],
  managedResourceIds: [] as Named[],
  credentialIds: [] as Named[],
};

export default function RolePage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["role", id],
    queryFn: async () => {
      if (isNew) return { role: null, saved: FRESH };
      const role = await answer(api.GET("/api/locum/v1/Role/{roleId}", { params: { path: { roleId: id } } }));
      return { role, saved: await draftOf(role) };
    },
  });
  const role = found.data?.role;
  const shown = role && shownRole(role, words.roles);
  return (
    <ThingPage
      title={isNew ? words.roles.add : (shown?.name ?? words.roles.one)}
      intro={shown?.description || words.roles.intro}
      found={found}
      back={{ to: "/admin/roles", label: words.roles.all }}
    >
      {({ role: one, saved }) => (
        <Stack gap="xl" key={id}>
          {one?.isBuiltIn ? <BuiltIn role={one} /> : <Form role={one} saved={saved} />}
          {one && <Holders role={one} />}
          {one && !one.isBuiltIn && <Delete role={one} />}
        </Stack>
      )}
    </ThingPage>
  );
}

async function draftOf(role: Role): Promise<typeof FRESH> {
  const lists = await Promise.all(LISTS.map((list) => namesOf(list, role[list])));
  return {
    name: role.name,
    description: role.description ?? "",
    target: role.target ?? "policies",
    permissions: role.permissions,
    ...(Object.fromEntries(LISTS.map((list, i) => [list, lists[i]])) as Record<IdList, Named[]>),
  };
}

function Form({ role, saved }: { role: Role | null; saved: typeof FRESH }) {
  const words = useAdminWords();
  const onSaved = useSaved(KIND, role?.id ?? null);
  const draft = useDraft(saved);
  const target = TARGETS[draft.value.target];
  async function save() {
    const { name, description, target: about, permissions } = draft.value;
    const lists = Object.fromEntries(LISTS.map((list) => [list, draft.value[list].map((one) => one.id)]));
    const body: Given<"RoleIn"> = { name, description, target: about, permissions, ...lists };
    return answer(
      role
        ? api.PUT("/api/locum/v1/Role/{roleId}", { params: { path: { roleId: role.id } }, body })
        : api.POST("/api/locum/v1/Role", { body }),
    );
  }
  return (
    <Card>
      <DraftForm
        draft={draft}
        label={words.form.save}
        save={save}
        onSaved={onSaved}
      >
        <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
        <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
        <NativeSelect
          label={words.roles.target}
          description={words.roles.targetHint}
          disabled={role !== null}
          data={Object.keys(TARGETS).map((one) => ({ value: one, label: words.roles.targets[one] ?? one }))}
          value={draft.value.target}
          onChange={(event) => {
            draft.set("target", event.currentTarget.value);
            draft.set("permissions", []);
          }}
        />
        <Checkbox.Group
          label={words.roles.permissions}
          value={draft.value.permissions}
          onChange={(to) => draft.set("permissions", to)}
        >
          <Stack gap="xs" mt="xs">
            {target?.permissions.map((one) => (
              <Checkbox key={one} value={one} label={words.roles.can[one] ?? one} />
            ))}
          </Stack>
        </Checkbox.Group>
        {target?.lists.map((list) => (
          <PickMany
            key={list}
            label={words.roles.lists[list]}
            hint={words.roles.listHint}
            of={list}
            search={SEARCHES[list]}
            value={draft.value[list]}
            onChange={(to) => draft.set(list, to)}
          />
        ))}
      </DraftForm>
    </Card>
  );
}

function BuiltIn({ role }: { role: Role }) {
  const words = useAdminWords();
  return (
    <Card>
      {words.roles.builtInText}
      <details>
        <summary>{words.roles.permissions}</summary>
        <ul>
          {role.permissions.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </details>
    </Card>
  );
}

function Holders({ role }: { role: Role }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const of = (identityId: string) => ({ path: { roleId: role.id, identityId } });
  const renew = () => queries.invalidateQueries({ queryKey: ["roles"] });
  return (
    <Members
      title={words.roles.holders}
      intro={words.roles.holdersHint}
      of={["holders", role.id]}
      list={async (query) => {
        const params = { path: { roleId: role.id }, query };
        const found = await answer(api.GET("/api/locum/v1/Role/{roleId}/Member", { params }));
        const rows = (found.data ?? []).map((one) => ({
          id: one.memberId,
          name: one.memberName ?? "",
          about: words.people.kinds[one.memberType],
        }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={role.isBuiltIn ? findPeople : findPeopleAndGroups}
      add={async (ids) => {
        for (const id of ids) {
          await answer(api.PUT("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: of(id) }));
        }
        await renew();
      }}
      remove={async (id) => {
        await answer(api.DELETE("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: of(id) }));
        await renew();
      }}
      empty={words.roles.nobody}
    />
  );
}

function Delete({ role }: { role: Role }) {
  const words = useAdminWords();
  return (
    <ThingEnd
      kind={KIND}
      name={role.name}
      remove={() => answer(api.DELETE("/api/locum/v1/Role/{roleId}", { params: { path: { roleId: role.id } } }))}
      text={words.roles.deleteText}
    />
  );
}
