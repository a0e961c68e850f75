/** What the dialog that asks for access begins with: a thing, or all that an earlier session was asked for with. */
import { answer, api } from "../shared/api";
import { answersOf } from "./answers";

export type Prefilled = {
  thing: { id: string; name: string } | null;
  policyId: string | null;
  note: string;
  ticket: string;
  fields: Record<string, string>;
};

export const BLANK: Prefilled = { thing: null, policyId: null, note: "", ticket: "", fields: {} };

/** As one of one's own sessions was asked for. */
export async function asBefore(sessionId: string): Promise<Prefilled> {
  const path = { params: { path: { sessionId } } };
  const [session, row] = await Promise.all([
    answer(api.GET("/api/v1/ActivitySession/{sessionId}", path)),
    answer(api.GET("/api/v1/ActivitySession/SummaryById/{sessionId}", path)),
  ]);
  const id = session.managedResourceId ?? session.credentialId;
  return {
    thing: id ? { id, name: row.managedResourceName ?? row.targetName ?? "" } : null,
    policyId: session.accessControlPolicyId,
    note: session.note ?? "",
    ticket: session.ticket ?? "",
    fields: answersOf(session.customFields),
  };
}
