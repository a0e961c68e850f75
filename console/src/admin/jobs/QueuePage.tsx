/** One part of a session: its steps on the target, how far each is and why not, and what the session's log says. */
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Part } from "../../me/Part";
import { answer, api, type Model } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { clock, when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { Loaded } from "../../shared/Loaded";
import { Page } from "../../shared/Page";
import { useWords } from "../../words";
import { type AdminWords, useAdminWords } from "../../words/admin";
import { ActionState } from "./columns";

const route = getRouteApi("/admin/queues/$id");
const REFRESH_MS = 3_000;
const LINES = 500;
type Step = Model<"ActionQueueAction">;

/** Which part of a session these steps are. */
export function partOf(row: Model<"ActionQueueSearchResult">, words: AdminWords): string {
  return `${row.activityName}: ${words.actions.parts[row.classification] ?? row.actionGroupName}`;
}

export default function QueuePage() {
  const words = useAdminWords();
  const { id } = route.useParams();
  const queue = useQueue(id);
  return (
    <Page title={words.jobs.steps} intro={queue.data?.statusDescription ?? undefined}>
      <Stack gap="xl">
        <QueueSteps id={id} />
        <QueueLog id={id} />
        <Group>
          {queue.data?.actionJobId && (
            <Anchor component={Link} to={`/admin/jobs/${queue.data.actionJobId}`}>
              {words.jobs.toJob}
            </Anchor>
          )}
          <Anchor component={Link} to="/admin/jobs">
            {words.jobs.all}
          </Anchor>
        </Group>
      </Stack>
    </Page>
  );
}

function useQueue(id: string) {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["queue", id],
    queryFn: () => answer(api.GET("/api/v1/ActionQueue/{actionQueueId}", { params: { path: { actionQueueId: id } } })),
    refetchInterval: interval,
  });
}

export function QueueSteps({ id, title }: { id: string; title?: string }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const queue = useQueue(id);
  // Of several parts, those without steps have nothing to say.
  if (title !== undefined && queue.data?.actionQueueAction?.length === 0) return null;
  const time = (value: string | null) => when(value, locale) ?? "–";
  const what = { ...words.jobs.kinds, ...words.actions.kinds };
  const columns: Column<Step>[] = [
    {
      key: "step",
      label: words.jobs.step,
      show: (row) => (
        <div className="breaks">
          <strong>{what[row.kind] ?? row.action?.displayName ?? words.jobs.step}</strong>
          <Text size="sm" c="dimmed">
            {row.statusDescription}
          </Text>
        </div>
      ),
    },
    { key: "state", label: words.jobs.state, show: (row) => <ActionState status={row.status} /> },
    { key: "result", label: words.jobs.result, show: (row) => words.jobs.results[row.result ?? ""] ?? row.result ?? "–" },
    { key: "from", label: words.jobs.started, show: (row) => time(row.startTime) },
    { key: "to", label: words.jobs.ended, show: (row) => time(row.endTime) },
  ];
  return (
    <Part id={`steps-${id}`} title={title ?? words.jobs.steps} intro={words.jobs.stepsIntro}>
      <Listing
        label={title ?? words.jobs.steps}
        columns={columns}
        rows={queue.data && (queue.data.actionQueueAction ?? [])}
        error={queue.error}
        onRetry={() => void queue.refetch()}
        keyOf={(row) => row.id}
        empty={words.jobs.noSteps}
      />
    </Part>
  );
}

export function QueueLog({ id }: { id: string }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const interval = useInterval(REFRESH_MS);
  const log = useQuery({
    queryKey: ["queue", id, "log"],
    refetchInterval: interval,
    queryFn: () => {
      const params = { path: { actionQueueId: id }, query: { skip: 0, take: LINES } };
      return answer(api.GET("/api/v1/ActionQueue/{actionQueueId}/Log", { params }));
    },
  });
  return (
    <Part id="log" title={words.jobs.log} intro={words.jobs.logIntro}>
      <Loaded
        rows={log.data && (log.data.lines ?? [])}
        error={log.error}
        onRetry={() => void log.refetch()}
        empty={words.jobs.noLog}
      >
        <ol className="log">
          {log.data?.lines?.map((line) => (
            <li key={line.lineNumber} className={line.status >= 2 ? "log-bad" : undefined}>
              <time dateTime={line.timestamp}>{clock(line.timestamp, locale)}</time>
              <span className="breaks">{line.logMessage}</span>
            </li>
          ))}
        </ol>
      </Loaded>
    </Part>
  );
}
