/** One role: what its holders may do, with which things, and who holds it. One that came with Locum can only be given. */
import { Checkbox, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given, type Model } from "../../shared/api";
import type { Draft } from "../../shared/draft";
import { Members } from "../../shared/Members";
import { type Named, PickMany, type Search } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";
import { type IdList, namesOf } from "../names";
import { OneThing, type Way } from "../OneThing";
import { findActivities, findCredentials, findPeopleAndGroups, findPeople, findPolicies, findResources } from "../searches";
import { shownRole } from "./RolesPage";

type Role = Model<"RoleView">;
const route = getRouteApi("/admin/roles/$id");
const ONE = "/api/locum/v1/Role/{roleId}";

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
  isBuiltIn: false,
  target: "policies",
  permissions: [] as string[],
  policyIds: [] as Named[],
  activityIds: [] as Named[],
  managedAccountIds: [] as Named[],
  managedResourceIds: [] as Named[],
  credentialIds: [] as Named[],
};
type Fresh = typeof FRESH;

async function draftOf(role: Role): Promise<Fresh> {
  const lists = await Promise.all(LISTS.map((list) => namesOf(list, role[list])));
  return {
    name: role.name,
    description: role.description ?? "",
    isBuiltIn: role.isBuiltIn,
    target: role.target ?? "policies",
    permissions: role.permissions,
    ...(Object.fromEntries(LISTS.map((list, i) => [list, lists[i]])) as Record<IdList, Named[]>),
  };
}

const of = (id: string) => ({ path: { roleId: id } });

const WAY: Way<Fresh> = {
  list: "roles",
  one: "role",
  at: "/admin/roles",
  fresh: FRESH,
  get: async (id) => draftOf(await answer(api.GET(ONE, { params: of(id) }))),
  save: (id, { name, description, target, permissions, ...value }) => {
    const lists = Object.fromEntries(LISTS.map((list) => [list, value[list].map((one) => one.id)]));
    const body: Given<"RoleIn"> = { name, description, target, permissions, ...lists };
    return answer(id ? api.PUT(ONE, { params: of(id), body }) : api.POST("/api/locum/v1/Role", { body }));
  },
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

export default function RolePage() {
  const { id } = route.useParams();
  const words = useAdminWords().roles;
  return (
    <OneThing
      id={id}
      way={WAY}
      words={words}
      called={(role) => shownRole(role, words).name}
      isBuiltIn={(role) => role.isBuiltIn}
      builtIn={(role) => <BuiltIn role={role} />}
      more={(roleId, role) => <Holders id={roleId} isBuiltIn={role.isBuiltIn} />}
    >
      {(draft, isNew) => <Fields draft={draft} isNew={isNew} />}
    </OneThing>
  );
}

function Fields({ draft, isNew }: { draft: Draft<Fresh>; isNew: boolean }) {
  const words = useAdminWords();
  const target = TARGETS[draft.value.target];
  return (
    <>
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      <NativeSelect
        label={words.roles.target}
        description={words.roles.targetHint}
        disabled={!isNew}
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
    </>
  );
}

function BuiltIn({ role }: { role: Fresh }) {
  const words = useAdminWords();
  return (
    <Stack gap="sm">
      <Text>{shownRole(role, words.roles).description}</Text>
      <Text c="dimmed">{words.roles.builtInText}</Text>
      <details>
        <summary>{words.roles.permissions}</summary>
        <ul>
          {role.permissions.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </details>
    </Stack>
  );
}

function Holders({ id, isBuiltIn }: { id: string; isBuiltIn: boolean }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const holder = (identityId: string) => ({ path: { roleId: id, identityId } });
  const renew = () => queries.invalidateQueries({ queryKey: ["roles"] });
  return (
    <Members
      title={words.roles.holders}
      intro={words.roles.holdersHint}
      of={["holders", id]}
      list={async (query) => {
        const params = { ...of(id), query };
        const found = await answer(api.GET("/api/locum/v1/Role/{roleId}/Member", { params }));
        const rows = (found.data ?? []).map((one) => ({
          id: one.memberId,
          name: one.memberName ?? "",
          about: words.people.kinds[one.memberType],
        }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={isBuiltIn ? findPeople : findPeopleAndGroups}
      add={async (ids) => {
        for (const one of ids) {
          await answer(api.PUT("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: holder(one) }));
        }
        await renew();
      }}
      remove={async (one) => {
        await answer(api.DELETE("/api/locum/v1/Role/{roleId}/Member/{identityId}", { params: holder(one) }));
        await renew();
      }}
      empty={words.roles.nobody}
    />
  );
}
