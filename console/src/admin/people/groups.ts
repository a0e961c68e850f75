/** The five kinds of groups: each is listed, named, filled and deleted the same way, at an address of its own. */
import { answer, api } from "../../shared/api";
import type { Search } from "../../shared/Picker";
import { findActivities, findCredentials, findPeople, findPeopleAndGroups, findResources } from "../searches";

export const KINDS = ["people", "collections", "resources", "credentials", "activities"] as const;
export type GroupKind = (typeof KINDS)[number];
export type Group = { id: string; name: string | null; description?: string | null };
type Names = { name: string; description: string };
type Paging = { skip: number; take: number; filterText?: string };

export const WAYS = {
  people: way("ManagedAccountGroup", "ManagedAccount", findPeople, false),
  collections: way("UserAndGroupCollection", "Member", findPeopleAndGroups, true),
  resources: way("ManagedResourceGroup", "ManagedResource", findResources, false),
  credentials: way("CredentialGroup", "Credential", findCredentials, true),
  activities: way("ActivityGroup", "Activity", findActivities, true),
};

/** The operations of one kind have the shapes of those for groups of credentials, as which the compiler checks them. */
function way(controller: string, members: string, candidates: Search, hasDescription: boolean) {
  const all = `/api/v1/${controller}` as "/api/v1/CredentialGroup";
  const single = `${all}/{credentialGroupId}` as const;
  const inside = `${single}/${members}` as `${typeof single}/Credential`;
  const of = (id: string) => ({ path: { credentialGroupId: id } });
  const named = ({ name, description }: Names) => (hasDescription ? { name, description } : { name });
  return {
    hasDescription,
    candidates,
    list: (): Promise<Group[]> => answer(api.GET(all)),
    one: (id: string): Promise<Group> => answer(api.GET(single, { params: of(id) })),
    make: (names: Names): Promise<Group> => answer(api.POST(all, { body: named(names) })),
    change: (id: string, names: Names) => answer(api.PUT(single, { params: of(id), body: named(names) })),
    delete: (id: string) => answer(api.DELETE(single, { params: of(id) })),
    inside: (id: string, query: Paging) => answer(api.GET(inside, { params: { ...of(id), query } })),
    put: (id: string, body: string[]) => answer(api.POST(inside, { params: of(id), body })),
    take: (id: string, body: string[]) =>
      answer(api.POST(`${inside}/DeleteMultiple`, { params: of(id), body })),
  };
}

export function isKind(text: string): text is GroupKind {
  return KINDS.some((kind) => kind === text);
}
