/** Which policies hold a resource, and the sessions on it. */
import { columns } from "../../sessions/SessionsPage";
import { answer, api, type Model } from "../../shared/api";
import type { Column } from "../../shared/Listing";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { ThingLink } from "../NamedList";
import { PagedPart } from "../PagedPart";

export function Policies({ resourceId }: { resourceId: string }) {
  const { form, resources } = useAdminWords();
  const shown: Column<Model<"SimpleAccessControlPolicy">>[] = [
    { key: "name", label: form.name, show: (row) => <ThingLink at="/admin/policies" thing={row} /> },
    { key: "priority", label: resources.priority, show: (row) => row.priority },
  ];
  return (
    <PagedPart
      id="policies"
      of={["resource", resourceId, "policies"]}
      title={resources.policies}
      intro={resources.policiesHint}
      empty={resources.noPolicies}
      columns={shown}
      ask={(query) => {
        const params = { path: { managedResourceId: resourceId }, query };
        return answer(api.GET("/api/v1/AccessControlPolicy/ManagedResource/{managedResourceId}", { params }));
      }}
    />
  );
}

export function Sessions({ resourceId }: { resourceId: string }) {
  const words = useWords();
  const { resources } = useAdminWords();
  return (
    <PagedPart
      id="sessions"
      of={["resource", resourceId, "sessions"]}
      title={resources.itsSessions}
      intro={resources.sessionsHint}
      empty={resources.noSessions}
      columns={columns(words, "everybody")}
      ask={(query) => {
        const params = { path: { managedResourceId: resourceId }, query };
        return answer(api.GET("/api/v1/ActivitySession/SummaryForResource/{managedResourceId}", { params }));
      }}
    />
  );
}
