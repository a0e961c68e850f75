/** What the parts of a credential's page ask for. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Model, Refusal } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { namesOf } from "../names";

export type Credential = Model<"CredentialResult">;
export type Kept = Model<"KeptSecret">;
export type Rotation = Model<"ServiceRotationJob">;
const REFRESH_MS = 3_000;
const GONE = 404;

export function useCredential(id: string) {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["credential", id],
    queryFn: () => answer(api.GET("/api/v1/Credential/Details/{id}", { params: { path: { id } } })),
    refetchInterval: interval,
  });
}

/** What kind of secret it is: a login, or something else that is kept. */
export function useKind(id: string) {
  return useQuery({
    queryKey: ["credential", id, "kind"],
    queryFn: () =>
      answer(api.GET("/api/locum/v1/Secret/{credentialId}", { params: { path: { credentialId: id } } })),
  });
}

/** Its fields that can be changed, and what it signs in with. */
export function useKept(id: string) {
  return useQuery({
    queryKey: ["credential", id, "kept"],
    queryFn: () =>
      answer(api.GET("/api/v1/Credential/{credentialId}", { params: { path: { credentialId: id } } })),
  });
}

/** Where its login lives; null for one that lives nowhere. */
export function useManagement(id: string) {
  return useQuery({
    queryKey: ["credential", id, "management"],
    queryFn: async () => {
      try {
        const params = { path: { credentialId: id } };
        return await answer(api.GET("/api/locum/v1/Credential/{credentialId}/ManagedUser", { params }));
      } catch (refusal) {
        if (refusal instanceof Refusal && refusal.status === GONE) return null;
        throw refusal;
      }
    },
  });
}

/** The resources where it lives, is the service account, or something depends on it. */
export function usePlaces(id: string) {
  return useQuery({
    queryKey: ["credential", id, "places"],
    queryFn: async () => {
      const params = { path: { credentialId: id } };
      return namesOf("managedResourceIds", await answer(api.GET("/api/v1/Credential/Hosts/{credentialId}", { params })));
    },
  });
}

/** Asks anew for everything that is known of a credential. */
export function useRenewed(id: string) {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["credential", id] });
}
