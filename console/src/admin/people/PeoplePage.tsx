/** Everybody who can sign in, and the programs that can. */
import { Badge, Group } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { Page } from "../../shared/Page";
import { usePaged } from "../../shared/paged";
import { SearchBox } from "../../shared/SearchBox";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { AddLink, ThingLink } from "../NamedList";
import { PeoplePlaces } from "./Places";

type Person = Model<"ManagedAccountView">;
const APPLICATION = 2;
const route = getRouteApi("/admin/people");

export default function PeoplePage() {
  const words = useAdminWords();
  const { locale } = useWords();
  const { q } = route.useSearch();
  const people = usePaged(["people", q], (paging) =>
    answer(api.GET("/api/v1/ManagedAccount/Search", { params: { query: { filterText: q, ...paging } } })),
  );
  const columns: Column<Person>[] = [
    {
      key: "name",
      label: words.form.name,
      show: (row) => (
        <ThingLink
          at={row.entityType === APPLICATION ? "/admin/applications" : "/admin/people"}
          thing={{ id: row.id, name: row.name, description: row.displayName === row.name ? null : row.displayName }}
          badge={row.entityType === APPLICATION ? words.people.application : undefined}
        />
      ),
    },
    { key: "mail", label: words.people.email, show: (row) => <span className="breaks">{row.email ?? "–"}</span> },
    { key: "state", label: words.people.state, show: (row) => <LockState locked={row.locked} until={row.lockoutEnd} /> },
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
      <Listing
        label={words.people.title}
        columns={columns}
        {...people}
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
