/** Whom and what a policy joins. Each change counts at once. */
import { useQueryClient } from "@tanstack/react-query";
import { answer, api, type Given } from "../../shared/api";
import { Members } from "../../shared/Members";
import type { Named } from "../../shared/Picker";
import { useAdminWords } from "../../words/admin";

type Props = { policyId: string };
type Row = { id: string; name?: string | null; entityType: number };
const SHOWN = 20;
const VAULT = 2;

/** A thing's kind and id in one, as a policy takes both. */
function named(row: Row, name = row.name): Named {
  return { id: `${row.entityType} ${row.id}`, name: name ?? row.id };
}

function parts(ids: string[]): { id: string; entityType: number }[] {
  return ids.map((one) => ({ entityType: Number(one.split(" ")[0]), id: one.split(" ")[1] ?? "" }));
}

function about(words: Record<number, string>, row: Row): string | undefined {
  return words[row.entityType];
}

function login(row: { username: string | null; domain: string | null; name: string | null }): string {
  if (!row.username) return row.name ?? "";
  return row.domain ? `${row.domain}\\${row.username}` : row.username;
}

function search(policyId: string, text: string) {
  return { path: { accessPolicyId: policyId }, query: { filterText: text || undefined, skip: 0, take: SHOWN } };
}

function useRenewed(policyId: string) {
  const queries = useQueryClient();
  return async <T,>(done: Promise<T>) => {
    await done;
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["policies"] }),
      queries.invalidateQueries({ queryKey: ["happened", policyId] }),
    ]);
  };
}

export function PolicyPeople({ policyId }: Props) {
  const words = useAdminWords();
  const renewed = useRenewed(policyId);
  const put = (path: "" | "/Remove", ids: string[]) =>
    renewed(
      answer(
        api.PUT(`/api/v1/AccessControlPolicy/{policyId}/ManagedAccount${path}`, {
          params: { path: { policyId } },
          body: parts(ids) as Given<"AccountIdAndEntityIn">[],
        }),
      ),
    );
  return (
    <Members
      title={words.policies.people}
      intro={words.policies.peopleHint}
      of={["policy people", policyId]}
      list={async (query) => {
        const params = { path: { accessPolicyId: policyId }, query };
        const found = await answer(api.GET("/api/v1/AccessControlPolicy/SearchManagedAccounts/{accessPolicyId}", { params }));
        const rows = (found.data ?? []).map((row) => ({ ...named(row), about: about(words.people.kinds, row) }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={async (text) => {
        const path = "/api/v1/AccessControlPolicy/SearchManagedAccountCandidates/{accessPolicyId}";
        const found = await answer(api.GET(path, { params: search(policyId, text) }));
        return (found.data ?? []).map((row) => named(row));
      }}
      add={(ids) => put("", ids)}
      remove={(id) => put("/Remove", [id])}
      empty={words.policies.noPeople}
    />
  );
}

export function PolicyActivities({ policyId }: Props) {
  const words = useAdminWords();
  const renewed = useRenewed(policyId);
  const put = (path: "" | "/Remove", ids: string[]) =>
    renewed(
      answer(
        api.PUT(`/api/v1/AccessControlPolicy/{policyId}/Activity${path}`, {
          params: { path: { policyId } },
          body: parts(ids) as Given<"ActivityIdAndEntityIn">[],
        }),
      ),
    );
  return (
    <Members
      title={words.activities.title}
      intro={words.policies.activitiesHint}
      of={["policy activities", policyId]}
      list={async (query) => {
        const params = { path: { accessPolicyId: policyId }, query };
        const found = await answer(api.GET("/api/v1/AccessControlPolicy/SearchActivities/{accessPolicyId}", { params }));
        const rows = (found.data ?? []).map((row) => ({ ...named(row), about: about(words.policies.activityKinds, row) }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={async (text) => {
        const path = "/api/v1/AccessControlPolicy/SearchActivityCandidates/{accessPolicyId}";
        const found = await answer(api.GET(path, { params: search(policyId, text) }));
        return (found.data ?? []).map((row) => named(row));
      }}
      add={(ids) => put("", ids)}
      remove={(id) => put("/Remove", [id])}
      empty={words.policies.noActivities}
    />
  );
}

export function PolicyResources({ policyId }: Props) {
  const words = useAdminWords();
  const renewed = useRenewed(policyId);
  const put = (path: "" | "/Remove", ids: string[]) =>
    renewed(
      answer(
        api.PUT(`/api/v1/AccessControlPolicy/{policyId}/ManagedResource${path}`, {
          params: { path: { policyId } },
          body: parts(ids) as Given<"ManagedResourceIdAndEntityIn">[],
        }),
      ),
    );
  return (
    <Members
      title={words.resources.title}
      intro={words.policies.resourcesHint}
      of={["policy resources", policyId]}
      list={async (query) => {
        const params = { path: { accessPolicyId: policyId }, query };
        const found = await answer(api.GET("/api/v1/AccessControlPolicy/SearchResources/{accessPolicyId}", { params }));
        const rows = (found.data ?? []).map((row) => ({ ...named(row), about: about(words.policies.resourceKinds, row) }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={async (text) => {
        const path = "/api/v1/AccessControlPolicy/SearchResourceCandidates/{accessPolicyId}";
        const found = await answer(api.GET(path, { params: search(policyId, text) }));
        return (found.data ?? []).filter((row) => row.entityType !== VAULT).map((row) => named(row));
      }}
      add={(ids) => put("", ids)}
      remove={(id) => put("/Remove", [id])}
      empty={words.policies.noResources}
    />
  );
}

export function PolicyCredentials({ policyId }: Props) {
  const words = useAdminWords();
  const renewed = useRenewed(policyId);
  const put = (path: "" | "/Remove", ids: string[]) =>
    renewed(
      answer(
        api.PUT(`/api/v1/AccessControlPolicy/{policyId}/Credential${path}`, {
          params: { path: { policyId } },
          body: parts(ids) as Given<"CredentialOrHostUserIdIn">[],
        }),
      ),
    );
  return (
    <Members
      title={words.credentials.title}
      intro={words.policies.credentialsHint}
      of={["policy credentials", policyId]}
      list={async (query) => {
        const params = { path: { accessPolicyId: policyId }, query };
        const found = await answer(api.GET("/api/v1/AccessControlPolicy/SearchCredentials/{accessPolicyId}", { params }));
        const rows = (found.data ?? []).map((row) => ({
          ...named(row, login(row)),
          about: about(words.policies.credentialKinds, row),
        }));
        return { rows, total: found.recordsTotal };
      }}
      candidates={async (text) => {
        const path = "/api/v1/AccessControlPolicy/SearchCredentialCandidates/{accessPolicyId}";
        const found = await answer(api.GET(path, { params: search(policyId, text) }));
        return (found.data ?? []).map((row) => named(row, login(row)));
      }}
      add={(ids) => put("", ids)}
      remove={(id) => put("/Remove", [id])}
      empty={words.policies.noCredentials}
    />
  );
}
