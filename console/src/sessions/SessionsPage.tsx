/** One's own sessions: open ones, requests, and ended ones. */
import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { useInterval } from "../shared/attention";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { LongListing } from "../shared/LongListing";
import { whole } from "../shared/paged";
import { StatusPill } from "../shared/StatusPill";
import { TabbedPage } from "../shared/TabbedPage";
import { hasRole, useWho } from "../signin/who";
import { useWords, type Words } from "../words";
import { AgainLink } from "./AgainLink";
import { Requests } from "./Requests";

export type Session = Model<"SessionSummary">;
const OPEN_STATUSES = [-1, 0, 1, 2] as const;
const REFRESH_MS = 5_000;

export function SessionsPage() {
  const words = useWords();
  return (
    <TabbedPage
      title={words.sessions.title}
      intro={words.sessions.intro}
      tabs={[
        { name: "open", label: words.sessions.open, show: <OpenSessions /> },
        { name: "requests", label: words.requests.tab, show: <Requests /> },
        { name: "past", label: words.sessions.past, show: <PastSessions /> },
      ]}
    />
  );
}

function OpenSessions() {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const sessions = useQuery({ queryKey: ["sessions", "open"], queryFn: open, refetchInterval: interval });
  return (
    <Listing
      label={words.sessions.open}
      columns={columns(words, "open")}
      {...whole(sessions)}
      keyOf={(row) => row.id}
      empty={words.sessions.emptyOpen}
    />
  );
}

/** All of one's own that are not over, newest first: a handful. */
async function open(): Promise<Session[]> {
  const pages = await Promise.all(
    OPEN_STATUSES.map((status) =>
      answer(
        api.GET("/api/v1/ActivitySession/MySummaryByStatus/{status}", {
          params: { path: { status }, query: { take: 100, skip: 0 } },
        }),
      ),
    ),
  );
  const rows = pages.flatMap((page) => page.data ?? []);
  return rows.sort((a, b) => (b.createdDateTimeUtc ?? "").localeCompare(a.createdDateTimeUtc ?? ""));
}

function PastSessions() {
  const words = useWords();
  const plays = hasRole(useWho(), "admin", "userplus");
  return (
    <LongListing
      label={words.sessions.past}
      columns={[...columns(words, "past"), ...pastColumns(words, plays)]}
      of={["sessions", "past"]}
      ask={(paging) =>
        answer(api.GET("/api/v1/ActivitySession/MySummaryByStatus/Historical", { params: { query: paging } }))
      }
      keyOf={(row) => row.id}
      empty={words.sessions.emptyPast}
    />
  );
}

/** What one can do with what has ended: play it, where one may, and ask for it again. */
function pastColumns(words: Words, plays: boolean): Column<Session>[] {
  const recordings: Column<Session> = {
    key: "recordings",
    label: words.requests.recordings,
    show: (row) =>
      row.proxySessions
        ?.filter((one) => one.record)
        .map((one) => (
          <Anchor
            key={one.id}
            component={Link}
            to="/recordings/$id"
            params={{ id: one.id } as never}
            size="sm"
            className="line"
            aria-label={words.requests.playOf(row.activityName ?? "", when(one.startDateTimeUtc, words.locale) ?? "")}
          >
            {words.session.play}
          </Anchor>
        )),
  };
  const again: Column<Session> = { key: "again", label: words.keys.actions, show: (row) => <AgainLink session={row} /> };
  return plays ? [recordings, again] : [again];
}

/** The columns of a list of sessions; with `user`, of everybody's. */
export function columns(words: Words, which: "open" | "past" | "everybody"): Column<Session>[] {
  const time = (value: string | null) => when(value, words.locale) ?? words.shared.none;
  const activity: Column<Session> = {
    key: "activity",
    label: words.sessions.activity,
    show: (row) => (
      <Anchor component={Link} to="/sessions/$id" params={{ id: row.id } as never} fw={600} className="breaks">
        {row.activityName}
      </Anchor>
    ),
  };
  const user: Column<Session> = {
    key: "user",
    label: words.sessions.user,
    show: (row) => row.userDisplayName ?? words.shared.none,
  };
  return [
    activity,
    {
      key: "resource",
      label: words.sessions.resource,
      show: (row) => row.managedResourceDisplayName ?? row.targetName ?? words.shared.none,
    },
    ...(which === "everybody" ? [user] : []),
    {
      key: "status",
      label: words.sessions.status,
      show: (row) => <StatusPill status={row.sessionStatus} locked={row.locked} />,
    },
    { key: "started", label: words.sessions.started, show: (row) => time(row.actualStartDateTimeUtc) },
    which === "open"
      ? { key: "ends", label: words.sessions.ends, show: (row) => time(row.endDateTimeUtc) }
      : { key: "ended", label: words.sessions.ended, show: (row) => time(row.actualEndDateTimeUtc) },
  ];
}
