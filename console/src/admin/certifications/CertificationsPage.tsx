/** Certifications: all of them for administrators, for a reviewer those they review. */
import { Badge, Group } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import type { Column } from "../../shared/Listing";
import { LongListing } from "../../shared/LongListing";
import { Page } from "../../shared/Page";
import { SearchBox } from "../../shared/SearchBox";
import { hasRole, useWho } from "../../signin/who";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { AddLink, ThingLink } from "../NamedList";

type Task = Model<"AccessCertificationTaskSummary">;
const route = getRouteApi("/certifications");
const COLOURS: Record<number, string> = { 0: "gray", 1: "blue", 2: "yellow", 3: "green" };

export default function CertificationsPage() {
  const words = useAdminWords();
  const { locale } = useWords();
  const { q } = route.useSearch();
  const isAdministrator = hasRole(useWho(), "admin");
  const columns: Column<Task>[] = [
    { key: "name", label: words.form.name, show: (row) => <ThingLink at="/certifications" thing={row} /> },
    { key: "state", label: words.jobs.state, show: (row) => <TaskState status={row.status} /> },
    { key: "reviewer", label: words.certifications.reviewer, show: (row) => row.reviewer ?? "–" },
    { key: "open", label: words.certifications.open, show: (row) => row.openRows },
    { key: "until", label: words.certifications.deadline, show: (row) => when(row.deadlineDateTimeUtc, locale) ?? "–" },
  ];
  return (
    <Page
      title={words.certifications.title}
      intro={words.certifications.intro}
      aside={
        <Group>
          <SearchBox label={words.form.searchIn(words.certifications.title)} />
          {isAdministrator && <AddLink to="/certifications/new" label={words.certifications.add} />}
        </Group>
      }
    >
      <LongListing
        label={words.certifications.title}
        columns={columns}
        of={["certifications", q]}
        ask={(paging) =>
          answer(api.GET("/api/v1/AccessCertificationTask", { params: { query: { filterText: q, ...paging } } }))
        }
        keyOf={(row) => row.id}
        empty={q ? words.form.nothingFound : words.certifications.empty}
      />
    </Page>
  );
}

export function TaskState({ status }: { status: number }) {
  const words = useAdminWords().certifications;
  return (
    <Badge variant="light" tt="none" color={COLOURS[status] ?? "gray"}>
      {words.states[status] ?? status}
    </Badge>
  );
}
