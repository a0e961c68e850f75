/** What can be chosen by a part of its name: the server looks for it. */
import { answer, api } from "../shared/api";
import type { Named } from "../shared/Picker";

const SHOWN = 20;
/** Kinds of identities that are no people. */
const GROUP = 1;
const COLLECTION = 3;

type Found = { id: string; name: string | null; displayName?: string | null };

function named(rows: Found[] | null): Named[] {
  return (rows ?? []).map((row) => ({ id: row.id, name: row.name ?? row.displayName ?? row.id }));
}

export async function findPeople(text: string): Promise<Named[]> {
  const found = await findAnybody(text);
  return named(found.filter((row) => row.entityType !== GROUP && row.entityType !== COLLECTION));
}

/** People, applications, and the groups and collections they are in. */
export async function findPeopleAndGroups(text: string): Promise<Named[]> {
  return named(await findAnybody(text));
}

async function findAnybody(text: string) {
  const query = { filterText: text || undefined, skip: 0, take: SHOWN };
  return (await answer(api.GET("/api/v1/ManagedAccount/Search", { params: { query } }))).data ?? [];
}

export async function findResources(text: string): Promise<Named[]> {
  const query = { filterText: text || undefined, skip: 0, take: SHOWN };
  return named((await answer(api.GET("/api/v1/ManagedResource/Search", { params: { query } }))).data);
}

export async function findCredentials(text: string): Promise<Named[]> {
  const query = { filterText: text || undefined, skip: 0, take: SHOWN };
  const found = await answer(api.GET("/api/v1/Credential/Search", { params: { query } }));
  return (found.data ?? []).map((row) => ({ id: row.id, name: loginOf(row) }));
}

export async function findGroupsAndCollections(text: string): Promise<Named[]> {
  const [groups, collections] = await Promise.all([
    answer(api.GET("/api/v1/ManagedAccountGroup")),
    answer(api.GET("/api/v1/UserAndGroupCollection")),
  ]);
  return whole([...groups, ...collections], text);
}

export async function findActivities(text: string): Promise<Named[]> {
  return whole(await answer(api.GET("/api/v1/Activity")), text);
}

export async function findPolicies(text: string): Promise<Named[]> {
  return whole(await answer(api.GET("/api/v1/AccessControlPolicy", { params: { query: { ignoreStatus: false } } })), text);
}

export async function findRestrictions(text: string): Promise<Named[]> {
  return whole(await answer(api.GET("/api/locum/v1/CommandRestriction")), text);
}

/** Of what comes whole, those that hold the text. */
function whole(rows: Found[], text: string): Named[] {
  const sought = text.toLowerCase();
  return named(rows)
    .filter((one) => one.name.toLowerCase().includes(sought))
    .slice(0, SHOWN);
}

/** A login as people write it, or the name of a credential without one. */
export function loginOf(row: { userName: string | null; domain: string | null; displayName: string | null }): string {
  if (!row.userName) return row.displayName ?? "";
  return row.domain ? `${row.domain}\\${row.userName}` : row.userName;
}
