/** Recorded connections: the newest, or the lines that hold what one looks for. */
import { Anchor, Code } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import type { Column } from "../shared/Listing";
import { LongListing } from "../shared/LongListing";
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
  return (
    <Page title={words.recordings.title} intro={words.recordings.intro} aside={<SearchBox label={words.recordings.search} />}>
      {q && q.length >= SHORTEST ? <Lines text={q} /> : <Newest />}
    </Page>
  );
}

function Newest() {
  const words = useWords();
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
    <LongListing
      label={words.recordings.title}
      columns={[activity, ...where<Recording>(words)]}
      of={["recordings"]}
      ask={(paging) => answer(api.GET("/api/locum/v1/Recording", { params: { query: paging } }))}
      keyOf={(row) => row.id}
      empty={words.recordings.empty}
    />
  );
}

function Lines({ text }: { text: string }) {
  const words = useWords();
  const line: Column<Line> = {
    key: "line",
    label: words.recordings.line,
    show: (row) => (
      <Anchor
        component={Link}
        to="/recordings/$id"
        params={{ id: row.id } as never}
        search={{ at: shownBy(row.offsetMs) } as never}
      >
        <Code className="breaks">{row.text}</Code>
      </Anchor>
    ),
  };
  return (
    <LongListing
      label={words.recordings.title}
      columns={[line, ...where<Line>(words)]}
      of={["lines", text]}
      ask={(paging) =>
        answer(api.GET("/api/locum/v1/Recording/Text", { params: { query: { filterText: text, ...paging } } }))
      }
      keyOf={(row) => `${row.id} ${row.offsetMs} ${row.text}`}
      empty={words.recordings.nothing}
    />
  );
}

/** When the line stands on the screen for certain, in seconds. */
function shownBy(offsetMs: number): number {
  return Math.ceil((offsetMs + 1) / 100) / 10;
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
