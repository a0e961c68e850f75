/** Recorded connections: the newest, or the lines that hold what one looks for. */
import { Anchor, Code } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import { type Column, Listing, ROWS } from "../shared/Listing";
import { Page } from "../shared/Page";
import { SearchBox } from "../shared/SearchBox";
import { useWords, type Words } from "../words";

type Recording = Model<"Recording">;
type Line = Model<"RecordedLine">;
const route = getRouteApi("/recordings");
const SHORTEST = 3;

export default function RecordingsPage() {
  const words = useWords();
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title={words.recordings.title}
      intro={words.recordings.intro}
      aside={
        <SearchBox
          label={words.recordings.search}
          value={q}
          onSearch={(text) => void navigate({ search: { q: text }, replace: true })}
        />
      }
    >
      {q && q.length >= SHORTEST ? <Lines text={q} /> : <Newest />}
    </Page>
  );
}

function Newest() {
  const words = useWords();
  const { page = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const recordings = useQuery({
    queryKey: ["recordings", page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Recording", { params: { query: { skip: (page - 1) * ROWS, take: ROWS } } }),
      ),
  });
  const activity: Column<Recording> = {
    key: "activity",
    label: words.sessions.activity,
    show: (row) => (
      <Anchor component={Link} to="/recordings/$id" params={{ id: row.id } as never} fw={600} className="breaks">
        {row.activityName}
      </Anchor>
    ),
  };
  return (
    <Listing
      label={words.recordings.title}
      columns={[activity, ...where<Recording>(words)]}
      rows={recordings.data?.data}
      keyOf={(row) => row.id}
      total={recordings.data?.recordsTotal}
      page={page}
      onPage={(to) => void navigate({ search: { page: to > 1 ? to : undefined } })}
      error={recordings.error}
      onRetry={() => void recordings.refetch()}
      isStale={recordings.isPlaceholderData}
      empty={words.recordings.empty}
    />
  );
}

function Lines({ text }: { text: string }) {
  const words = useWords();
  const { page = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const lines = useQuery({
    queryKey: ["lines", text, page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Recording/Text", {
          params: { query: { filterText: text, skip: (page - 1) * ROWS, take: ROWS } },
        }),
      ),
  });
  const line: Column<Line> = {
    key: "line",
    label: words.recordings.line,
    show: (row) => (
      <Anchor
        component={Link}
        to="/recordings/$id"
        params={{ id: row.id } as never}
        search={{ at: Math.floor(row.offsetMs / 1000) || undefined } as never}
      >
        <Code className="breaks">{row.text}</Code>
      </Anchor>
    ),
  };
  return (
    <Listing
      label={words.recordings.title}
      columns={[line, ...where<Line>(words)]}
      rows={lines.data?.data}
      keyOf={(row) => `${row.id} ${row.offsetMs} ${row.text}`}
      total={lines.data?.recordsTotal}
      page={page}
      onPage={(to) => void navigate({ search: { q: text, page: to > 1 ? to : undefined } })}
      error={lines.error}
      isStale={lines.isPlaceholderData}
      empty={words.recordings.nothing}
    />
  );
}

function where<Row extends Recording>(words: Words): Column<Row>[] {
  return [
    { key: "user", label: words.sessions.user, show: (row) => row.userName },
    { key: "resource", label: words.sessions.resource, show: (row) => row.managedResourceName },
    {
      key: "started",
      label: words.sessions.started,
      show: (row) => when(row.startDateTimeUtc, words.locale) ?? words.shared.none,
    },
  ];
}
