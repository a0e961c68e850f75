/** Which policies hold a resource, and the sessions on it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Part } from "../../me/Part";
import { columns } from "../../sessions/SessionsPage";
import { answer, api, type Model } from "../../shared/api";
import { type Column, Listing } from "../../shared/Listing";
import { type Found, type Paging, ROWS } from "../../shared/paged";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { ThingLink } from "../NamedList";

export function Policies({ resourceId }: { resourceId: string }) {
  const { form, resources } = useAdminWords();
  const shown: Column<Model<"SimpleAccessControlPolicy">>[] = [
    { key: "name", label: form.name, show: (row) => <ThingLink at="/admin/policies" thing={row} /> },
    { key: "priority", label: resources.priority, show: (row) => row.priority },
  ];
  return (
    <Pages
      id="policies"
      of={resourceId}
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
    <Pages
      id="sessions"
      of={resourceId}
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

type Props<Row> = {
  id: string;
  of: string;
  title: string;
  intro: string;
  empty: string;
  columns: Column<Row>[];
  ask: (paging: Paging) => Promise<Found<Row>>;
};

function Pages<Row extends { id: string }>({ id, of, title, intro, empty, columns, ask }: Props<Row>) {
  const [page, setPage] = useState(1);
  const found = useQuery({
    queryKey: ["resource", of, id, page],
    placeholderData: keepPreviousData,
    queryFn: () => ask({ skip: (page - 1) * ROWS, take: ROWS }),
  });
  return (
    <Part id={id} title={title} intro={intro}>
      <Listing
        label={title}
        columns={columns}
        rows={found.data?.data}
        total={found.data?.recordsTotal}
        page={page}
        onPage={setPage}
        error={found.error}
        onRetry={() => void found.refetch()}
        keyOf={(row) => row.id}
        empty={empty}
      />
    </Part>
  );
}
