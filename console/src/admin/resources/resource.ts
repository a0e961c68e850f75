/** What the parts of a resource's page ask for. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Model, Refusal } from "../../shared/api";
import { useInterval } from "../../shared/attention";

/** As lists have it, and `state` with what the contract has no field for. */
export type Resource = Model<"ManagedResourceView"> & { state: Model<"ResourceState"> };
export const HOST = 0;
export const DATABASE = 5;
export const SECRET_VAULT = 4;
export const SSH_PORT = 22;
const REFRESH_MS = 5_000;
const GONE = 404;

export function useResource(id: string) {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["resource", id],
    queryFn: () => found(id),
    refetchInterval: interval,
  });
}

async function found(id: string): Promise<Resource> {
  const path = { managedResourceId: id };
  const state = await answer(api.GET("/api/locum/v1/ManagedResource/{managedResourceId}/State", { params: { path } }));
  const query = { ...path, skip: 0, take: 1 };
  const row = (await answer(api.GET("/api/v1/ManagedResource/Search", { params: { query } }))).data?.[0];
  if (!row) throw new Refusal(GONE, undefined);
  return { ...row, state };
}

/** Asks anew for everything that is known of a resource. */
export function useRenewed(id: string) {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: ["resource", id] });
    await queries.invalidateQueries({ queryKey: ["resources"] });
    await queries.invalidateQueries({ queryKey: ["happened", id] });
  };
}
