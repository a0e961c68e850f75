/** Whom and what a policy joins. Each change counts at once. */
import { useQueryClient } from "@tanstack/react-query";
import { answer, api, type Given } from "../../shared/api";
import { Members } from "../../shared/Members";
import type { Named } from "../../shared/Picker";
import { type AdminWords, useAdminWords } from "../../words/admin";

/** What lists of members and candidates have of each, whatever it is. */
type Row = { id: string; name: string | null; username?: string | null; domain?: string | null; entityType: number };
type Query = { skip: number; take: number; filterText?: string };
const SHOWN = 20;
/** Secret vaults are listed as resources are, and put in at an address of their own. */
const VAULT = 2;

/** What the operations for each kind of member are called. */
const PARTS = {
  people: { list: "SearchManagedAccounts", candidates: "SearchManagedAccountCandidates", put: "ManagedAccount" },
  activities: { list: "SearchActivities", candidates: "SearchActivityCandidates", put: "Activity" },
  resources: { list: "SearchResources", candidates: "SearchResourceCandidates", put: "ManagedResource" },
  credentials: { list: "SearchCredentials", candidates: "SearchCredentialCandidates", put: "Credential" },
  vaults: { list: "SearchResources", candidates: "SearchResourceCandidates", put: "SecretVault" },
};
type Part = keyof typeof PARTS;

function saidOf(part: Part, words: AdminWords) {
  const { policies, people, activities, resources, credentials } = words;
  return {
    people: { title: policies.people, intro: policies.peopleHint, empty: policies.noPeople, kinds: people.kinds },
    activities: {
      title: activities.title,
      intro: policies.activitiesHint,
      empty: policies.noActivities,
      kinds: policies.activityKinds,
    },
    resources: {
      title: resources.title,
      intro: policies.resourcesHint,
      empty: policies.noResources,
      kinds: policies.resourceKinds,
    },
    credentials: {
      title: credentials.title,
      intro: policies.credentialsHint,
      empty: policies.noCredentials,
      kinds: policies.credentialKinds,
    },
    vaults: { title: policies.vaults, intro: policies.vaultsHint, empty: policies.noVaults, kinds: {} as Record<number, string> },
  }[part];
}

/**
 * The kinds have operations of one shape: the compiler checks lists as those of resources, and changes as those of
 * activities. Only vaults are changed another way.
 */
export function PolicyMembers({ policyId, part }: { policyId: string; part: Part }) {
  const words = saidOf(part, useAdminWords());
  const queries = useQueryClient();
  const { list, candidates, put } = PARTS[part];
  async function found(operation: string, query: Query) {
    const path = `/api/v1/AccessControlPolicy/${operation}/{accessPolicyId}`;
    const rows = await answer(
      api.GET(path as "/api/v1/AccessControlPolicy/SearchResources/{accessPolicyId}", {
        params: { path: { accessPolicyId: policyId }, query: part === "vaults" ? { ...query, entityType: VAULT } : query },
      }),
    );
    return { rows: (rows.data ?? []) as Row[], total: rows.recordsTotal };
  }
  async function change(way: "" | "/Remove", ids: string[]) {
    const path = `/api/v1/AccessControlPolicy/{policyId}/${put}${way}`;
    const params = { path: { policyId } };
    const body = ids.map(parted);
    await (part === "vaults"
      ? changeVaults(policyId, way === "", body.map((one) => one.id))
      : answer(api.PUT(path as "/api/v1/AccessControlPolicy/{policyId}/Activity", { params, body })));
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["policies"] }),
      queries.invalidateQueries({ queryKey: ["happened", policyId] }),
    ]);
  }
  return (
    <Members
      title={words.title}
      intro={words.intro}
      empty={words.empty}
      of={["members of policy", policyId, part]}
      list={async (query) => {
        const { rows, total } = await found(list, query);
        return { rows: rows.map((row) => ({ ...named(row), about: words.kinds[row.entityType] })), total };
      }}
      candidates={async (text) => {
        const { rows } = await found(candidates, { skip: 0, take: SHOWN, filterText: text || undefined });
        return rows.map(named);
      }}
      add={(ids) => change("", ids)}
      remove={(id) => change("/Remove", [id])}
    />
  );
}

function changeVaults(policyId: string, isIn: boolean, body: string[]) {
  const path = "/api/v1/AccessControlPolicy/{policyId}/SecretVault";
  const given = { params: { path: { policyId } }, body };
  return answer(isIn ? api.PUT(path, given) : api.DELETE(path, given));
}

/** A thing's kind and id in one, as a policy takes both; a login is called as people write it. */
function named(row: Row): Named {
  const login = row.username && row.domain ? `${row.domain}\\${row.username}` : row.username;
  return { id: `${row.entityType} ${row.id}`, name: login ?? row.name ?? row.id };
}

function parted(one: string): Given<"ActivityIdAndEntityIn"> {
  const [kind, id = ""] = one.split(" ");
  return { id, entityType: Number(kind) as Given<"ActivityIdAndEntityIn">["entityType"] };
}
