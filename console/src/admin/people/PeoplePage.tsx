/** Everybody who can sign in, and the programs that can. */
import { Badge, Group, NativeSelect } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import type { Column } from "../../shared/Listing";
import { LongListing } from "../../shared/LongListing";
import { Page } from "../../shared/Page";
import { FROM_THE_TOP } from "../../shared/paged";
import { SearchBox } from "../../shared/SearchBox";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { AddLink, ThingLink } from "../NamedList";
import { PeoplePlaces } from "./Places";

type Person = Model<"ManagedAccountView">;
/** Where those have their pages who are no people, by their kinds. */
const PAGES: Record<number, string> = {
  1: "/admin/groups/people",
  2: "/admin/applications",
  3: "/admin/groups/collections",
};
const KINDS = [4, 2, 1, 3] as const;
const route = getRouteApi("/admin/people");

function isGroup(row: Person): boolean {
  return row.entityType === 1 || row.entityType === 3;
}

export default function PeoplePage() {
  const words = useAdminWords();
  const { locale } = useWords();
  const { q, kind } = route.useSearch();
  const navigate = route.useNavigate();
  const columns: Column<Person>[] = [
    {
      key: "name",
      label: words.form.name,
      show: (row) => (
        <ThingLink
          at={PAGES[row.entityType] ?? "/admin/people"}
          thing={{ id: row.id, name: row.name, description: row.displayName === row.name ? null : row.displayName }}
          badge={row.entityType in PAGES ? words.people.kinds[row.entityType] : undefined}
        />
      ),
    },
    { key: "mail", label: words.people.email, show: (row) => <span className="breaks">{row.email ?? "–"}</span> },
    { key: "state", label: words.people.state, show: (row) => !isGroup(row) && <LockState locked={row.locked} until={row.lockoutEnd} /> },
    { key: "last", label: words.people.last, show: (row) => when(row.lastLogonTimestamp, locale) ?? "–" },
    { key: "policies", label: words.people.policies, show: (row) => row.accessPolicyCount },
    { key: "sessions", label: words.people.sessions, show: (row) => row.activeSessionCount },
  ];
  return (
    <Page
      title={words.people.title}
      intro={words.people.intro}
      aside={
        <Group>
          <SearchBox label={words.form.searchIn(words.people.title)} />
          <AddLink to="/admin/people/new" label={words.people.add} />
        </Group>
      }
    >
      <PeoplePlaces />
      <Group mb="md">
        <NativeSelect
          aria-label={words.people.kind}
          data={[
            { value: "", label: words.people.everybody },
            ...KINDS.map((one) => ({ value: String(one), label: words.people.kinds[one] ?? "" })),
          ]}
          value={String(kind ?? "")}
          onChange={(event) => {
            const to = Number(event.currentTarget.value) || undefined;
            void navigate({ search: (before) => ({ ...before, kind: to, ...FROM_THE_TOP }) });
          }}
        />
      </Group>
      <LongListing
        label={words.people.title}
        columns={columns}
        of={["people", q, kind]}
        ask={(paging) => {
          const query = { filterText: q, filterEntityType: KINDS.find((one) => one === kind), ...paging };
          return answer(api.GET("/api/v1/ManagedAccount/Search", { params: { query } }));
        }}
        keyOf={(row) => row.id}
        empty={q ? words.form.nothingFound : words.people.empty}
      />
    </Page>
  );
}

export function LockState({ locked, until }: { locked: boolean; until: string | null }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const isForAWhile = until !== null && Date.parse(until) > Date.now();
  return (
    <Badge variant="light" tt="none" color={locked || isForAWhile ? "red" : "green"}>
      {locked ? words.people.locked : isForAWhile ? words.people.lockedUntil(when(until, locale) ?? "") : words.people.open}
    </Badge>
  );
}
