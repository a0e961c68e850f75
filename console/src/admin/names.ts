/** What things are called that another thing knows by their ids alone. Who is gone is called by the id. */
import { answer, api, Refusal } from "../shared/api";
import type { Named } from "../shared/Picker";
import { loginOf } from "./searches";

/** As lists of ids are called in requests. */
export type IdList = "policyIds" | "activityIds" | "managedAccountIds" | "managedResourceIds" | "credentialIds";

const ASK: Record<IdList, (ids: string[]) => Promise<Named[]>> = {
  policyIds: async (ids) => those(ids, await answer(api.GET("/api/v1/AccessControlPolicy/Names"))),
  activityIds: async (ids) => those(ids, await answer(api.GET("/api/v1/Activity"))),
  managedAccountIds: each(async (managedAccountId) => {
    const path = "/api/v1/ManagedAccount/ManagedAccountView/{managedAccountId}";
    return (await answer(api.GET(path, { params: { path: { managedAccountId } } }))).name;
  }),
  managedResourceIds: each(async (managedResourceId) => {
    const query = { managedResourceId, skip: 0, take: 1 };
    return (await answer(api.GET("/api/v1/ManagedResource/Search", { params: { query } }))).data?.[0]?.name;
  }),
  credentialIds: each(async (id) =>
    loginOf(await answer(api.GET("/api/v1/Credential/Details/{id}", { params: { path: { id } } }))),
  ),
};

export async function namesOf(kind: IdList, ids: string[]): Promise<Named[]> {
  return ids.length === 0 ? [] : ASK[kind](ids);
}

/** People, groups and collections, as approvers and escalations are. */
export async function namesOfAnybody(ids: string[]): Promise<Named[]> {
  if (ids.length === 0) return [];
  const [groups, collections] = await Promise.all([
    answer(api.GET("/api/v1/ManagedAccountGroup")),
    answer(api.GET("/api/v1/UserAndGroupCollection")),
  ]);
  const known = new Map([...groups, ...collections].map((one) => [one.id, one.name ?? one.id]));
  const people = await namesOf("managedAccountIds", ids.filter((id) => !known.has(id)));
  for (const one of people) known.set(one.id, one.name);
  return ids.map((id) => ({ id, name: known.get(id) ?? id }));
}

function those(ids: string[], rows: { id: string; name: string | null }[]): Named[] {
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return ids.map((id) => ({ id, name: names.get(id) ?? id }));
}

function each(nameOf: (id: string) => Promise<string | null | undefined>) {
  return (ids: string[]): Promise<Named[]> =>
    Promise.all(
      ids.map(async (id) => {
        try {
          return { id, name: (await nameOf(id)) ?? id };
        } catch (refusal) {
          if (refusal instanceof Refusal && refusal.status === 404) return { id, name: id };
          throw refusal;
        }
      }),
    );
}
