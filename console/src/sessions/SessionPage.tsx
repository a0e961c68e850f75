/** One session, as it happens: how far it is, how to connect, what was done. */
import { Alert, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answersOf } from "../access/answers";
import { answer, api, type Model } from "../shared/api";
import { useInterval } from "../shared/attention";
import { clock, when } from "../shared/format";
import { Empty, Page } from "../shared/Page";
import { OPEN, StatusPill } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { useWho } from "../signin/who";
import { useWords } from "../words";
import { AgainLink } from "./AgainLink";
import { Approvals } from "./Approvals";
import { Connect } from "./Connect";
import { Connections } from "./Connections";
import { EndButton, ExtendButton } from "./Controls";
import { Progress } from "./Progress";
import { Released } from "./Released";

const route = getRouteApi("/sessions/$id");
const REFRESH_MS = 1_500;
const LINES = 200;
const CREDENTIAL_RELEASE = 3;

export type Whole = Model<"SessionSummary"> & { allowsExtension: boolean; customFields: string | null };

/** A session as a row of the lists has it, and what only the session itself says. */
async function whole(id: string): Promise<Whole> {
  const path = { params: { path: { sessionId: id } } };
  const [row, session] = await Promise.all([
    answer(api.GET("/api/v1/ActivitySession/SummaryById/{sessionId}", path)),
    answer(api.GET("/api/v1/ActivitySession/{sessionId}", path)),
  ]);
  return { ...row, allowsExtension: session.allowSessionExtension, customFields: session.customFields };
}

/** A session, asked for again and again until it is over. */
export function useSession(id: string) {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["session", id],
    queryFn: () => whole(id),
    refetchInterval: (query) => OPEN.has(query.state.data?.sessionStatus ?? 0) && interval,
  });
}

export function SessionPage() {
  const words = useWords();
  const who = useWho();
  const { id } = route.useParams();
  const session = useSession(id);

  if (session.error) {
    return (
      <Page title={words.sessions.title}>
        <Trouble error={session.error} onRetry={() => void session.refetch()} />
      </Page>
    );
  }
  if (!session.data) {
    return (
      <Page title={words.shared.loading}>
        <Skeleton height={220} radius="lg" />
      </Page>
    );
  }
  const { data } = session;
  const isOpen = OPEN.has(data.sessionStatus);
  const isOwn = data.managedAccountId === who.identityId;
  return (
    <Page
      title={words.session.title(data.activityName ?? "", data.targetName ?? "")}
      aside={<StatusPill status={data.sessionStatus} locked={data.locked} />}
    >
      <Stack gap="lg">
        <Progress session={data} />
        {data.locked && <Alert color="red">{words.session.isLocked}</Alert>}
        {data.sessionStatusDescription && !data.locked && data.sessionStatus > 2 && (
          <Alert color="gray" variant="light" className="breaks">
            {data.sessionStatusDescription}
          </Alert>
        )}
        {isOpen && (
          <div className="session-now">
            {isOwn && data.managedResourceId && data.sessionStatus === 1 && !data.locked && <Connect session={data} />}
            {isOwn && data.sessionStatus === 1 && !data.locked && <Released session={data} />}
            {data.sessionStatus < 1 && (
              <Text c="dimmed" role="status">
                {words.session.waiting}
              </Text>
            )}
            <div className="session-controls">
              {data.sessionStatus === 1 && data.allowsExtension && <ExtendButton id={id} />}
              {data.sessionStatus !== 2 && <EndButton id={id} isRelease={data.activityType === CREDENTIAL_RELEASE} />}
            </div>
          </div>
        )}
        {isOwn && !isOpen && <AgainLink session={data} />}
        <Approvals id={id} status={data.sessionStatus} />
        <div className="halves">
          <Facts session={data} />
          <Log id={id} status={data.sessionStatus} />
        </div>
        <Connections session={data} />
      </Stack>
    </Page>
  );
}

function Facts({ session }: { session: Whole }) {
  const words = useWords();
  const time = (value: string | null) => when(value, words.locale);
  const facts: [string, string | null][] = [
    [words.session.user, session.userDisplayName],
    [words.session.policy, session.accessPolicyName],
    [words.session.account, session.loginAccountName],
    [words.session.note, session.note],
    [words.session.ticket, session.ticket],
    ...Object.entries(answersOf(session.customFields)),
    [words.session.asked, time(session.createdDateTimeUtc)],
    [words.session.started, time(session.actualStartDateTimeUtc)],
    [words.session.ends, OPEN.has(session.sessionStatus) ? time(session.endDateTimeUtc) : null],
    [words.session.ended, time(session.actualEndDateTimeUtc)],
  ];
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="facts">
      <Title order={2} size="h4" mb="sm" id="facts">
        {words.session.facts}
      </Title>
      <dl className="facts">
        {facts.map(([label, value]) =>
          value ? (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="breaks">{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
    </Paper>
  );
}

function Log({ id, status }: { id: string; status: number }) {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const log = useQuery({
    // With each status anew: the last lines may have come after the last question.
    queryKey: ["session", id, "log", status],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/v1/ActivitySession/{sessionId}/Log", {
          params: { path: { sessionId: id }, query: { skip: 0, take: LINES } },
        }),
      ),
    refetchInterval: OPEN.has(status) && interval,
  });
  const lines = log.data?.lines ?? [];
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="log">
      <Title order={2} size="h4" mb="sm" id="log">
        {words.session.log}
      </Title>
      {log.error ? (
        <Trouble error={log.error} />
      ) : lines.length === 0 ? (
        <Empty title={words.session.noLog} />
      ) : (
        <ol className="log">
          {lines.map((line) => (
            <li key={line.lineNumber} className={line.status >= 2 ? "log-bad" : undefined}>
              <time dateTime={line.timestamp}>{clock(line.timestamp, words.locale)}</time>
              <span className="breaks">{line.logMessage}</span>
            </li>
          ))}
        </ol>
      )}
    </Paper>
  );
}
