/** One's own requests: what they wait for, with the way out, and those that were not approved. */
import { Anchor, Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";
import { Confirm } from "../shared/Confirm";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { ROWS, whole } from "../shared/paged";
import { StatusPill } from "../shared/StatusPill";
import { useWords, type Words } from "../words";
import { AgainLink } from "./AgainLink";
import type { Session } from "./SessionsPage";

const ASKED = -1;
const PENDING = 0;
/** What waits, then the last that were denied or given up. */
const STATUSES = [ASKED, PENDING, 6, 7] as const;
const REFRESH_MS = 5_000;

export function Requests() {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const queries = useQueryClient();
  const requests = useQuery({ queryKey: ["sessions", "requests"], queryFn: requested, refetchInterval: interval });
  const [cancelled, setCancelled] = useState<Session | null>(null);

  async function cancel(one: Session) {
    await answer(api.DELETE("/api/v1/ActivitySession/{sessionId}", { params: { path: { sessionId: one.id } } }));
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  }

  return (
    <>
      <Listing
        label={words.requests.tab}
        columns={columns(words, setCancelled)}
        {...whole(requests)}
        keyOf={(row) => row.id}
        empty={words.requests.empty}
      />
      {cancelled && (
        <Confirm
          title={words.requests.cancelTitle}
          text={words.requests.cancelText}
          label={words.requests.cancel}
          act={() => cancel(cancelled)}
          onGone={() => setCancelled(null)}
        />
      )}
    </>
  );
}

async function requested(): Promise<Session[]> {
  const pages = await Promise.all(
    STATUSES.map((status) =>
      answer(
        api.GET("/api/v1/ActivitySession/MySummaryByStatus/{status}", {
          params: { path: { status }, query: { take: ROWS, skip: 0 } },
        }),
      ),
    ),
  );
  return pages.flatMap((page) => page.data ?? []);
}

const titleOf = (words: Words, row: Session) => words.session.title(row.activityName ?? "", row.targetName ?? "");

function columns(words: Words, cancel: (row: Session) => void): Column<Session>[] {
  return [
    {
      key: "what",
      label: words.sessions.activity,
      show: (row) => (
        <Anchor component={Link} to="/sessions/$id" params={{ id: row.id } as never} fw={600} className="breaks">
          {titleOf(words, row)}
        </Anchor>
      ),
    },
    { key: "status", label: words.sessions.status, show: (row) => <StatusPill status={row.sessionStatus} /> },
    { key: "waits", label: words.requests.waitsFor, show: (row) => <WaitsFor row={row} /> },
    {
      key: "asked",
      label: words.sessions.asked,
      show: (row) => when(row.createdDateTimeUtc, words.locale) ?? words.shared.none,
    },
    {
      key: "do",
      label: words.keys.actions,
      show: (row) =>
        row.sessionStatus > PENDING ? (
          <AgainLink session={row} />
        ) : (
          <Button
            size="xs"
            variant="outline"
            color="red"
            aria-label={words.requests.cancelOf(titleOf(words, row))}
            onClick={() => cancel(row)}
          >
            {words.requests.cancel}
          </Button>
        ),
    },
  ];
}

/** Whose word, or which moment; for what waits no more, why not. */
function WaitsFor({ row }: { row: Session }) {
  const words = useWords();
  const isAsked = row.sessionStatus === ASKED;
  const asked = useQuery({
    queryKey: ["session", row.id, "approvals", row.sessionStatus],
    queryFn: () =>
      answer(api.GET("/api/v1/ApprovalWorkflow/Approval", { params: { query: { activitySessionId: row.id } } })),
    enabled: isAsked,
  });
  if (isAsked) {
    const open = asked.data?.filter((one) => one.approvalState === 0) ?? [];
    const names = open.map((one) => one.approverAccount?.displayName ?? one.approverAccount?.name ?? "");
    return <span className="breaks">{[...new Set(names)].join(", ") || words.shared.none}</span>;
  }
  if (row.sessionStatus !== PENDING) return <span className="breaks">{row.sessionStatusDescription}</span>;
  const start = row.startDateTimeUtc;
  const isLater = start !== null && Date.parse(start) > Date.now();
  return isLater ? words.requests.begins(when(start, words.locale) ?? "") : words.requests.worker;
}
