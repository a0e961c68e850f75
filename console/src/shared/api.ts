/** The public API as typed calls. Signed in by cookie: no token is kept, and none is sent. */
import createClient from "openapi-fetch";
import type { components, paths } from "../api/schema";
import { waitForRenewal } from "../signin/renewal";

/** What the server answers: it sends every field of a shape, where the document only says which may come. */
export type Sent<T> = T extends (infer One)[]
  ? Sent<One>[]
  : T extends object
    ? { [K in keyof T]-?: Sent<Exclude<T[K], undefined>> }
    : T;
export type Model<Name extends keyof components["schemas"]> = Sent<components["schemas"][Name]>;

/** What the server takes. */
export type Given<Name extends keyof components["schemas"]> = components["schemas"][Name];

type Problem = { detail?: string; title?: string; errors?: Record<string, string[]> };

/** The API said no; the message is its own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    problem: Problem | undefined,
  ) {
    const fields = Object.values(problem?.errors ?? {}).flat();
    super([...new Set([problem?.detail || problem?.title || `HTTP ${status}`, ...fields])].join(" — "));
  }
}

/** As fetch, but who was signed out meanwhile signs in again in place, and the request goes on. */
async function patientFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetch(request);
  if (answer.status !== 401) return answer;
  await waitForRenewal();
  return fetch(again);
}

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: patientFetch });

/** The answer of a call. Throws Refusal. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Sent<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Refusal(response.status, error as Problem | undefined);
  return data as Sent<T>;
}

/** An answer of the sign-in, which has its own way with 401. Throws Refusal. */
export async function signInCall<T>(
  method: string,
  path: string,
  more: { token?: string; json?: unknown; text?: string } = {},
): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (more.token) headers.Authorization = `Bearer ${more.token}`;
  const body = more.text ?? (more.json === undefined ? undefined : JSON.stringify(more.json));
  const response = await fetch(path, { method, headers, body });
  const text = await response.text();
  const sent: unknown = text ? JSON.parse(text) : undefined;
  if (!response.ok) throw new Refusal(response.status, sent as Problem | undefined);
  return sent as T;
}
