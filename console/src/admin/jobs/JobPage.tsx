/** One job: what it does, how it went, when it is due; run it now, or give it up. */
import { Anchor, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { when } from "../../shared/format";
import { Loaded } from "../../shared/Loaded";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Deed, GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { ThingPage } from "../ThingPage";
import { type Job, JobState, useRecurrence } from "./columns";
import { partOf, QueueLog, QueueSteps } from "./QueuePage";

const route = getRouteApi("/admin/jobs/$id");
const REFRESH_MS = 3_000;
const OF_A_SESSION = 7;
const VERIFICATION = 3;
const PARTS = 3;

export default function JobPage() {
  const words = useAdminWords();
  const { id } = route.useParams();
  const interval = useInterval(REFRESH_MS);
  const found = useQuery({
    queryKey: ["job", id],
    queryFn: () => answer(api.GET("/api/v1/ActionJob/{actionJobId}", { params: { path: { actionJobId: id } } })),
    refetchInterval: interval,
  });
  return (
    <ThingPage
      title={words.jobs.types[found.data?.type ?? 0] ?? words.jobs.job}
      intro={found.data?.name ?? ""}
      found={found}
      back={{ to: "/admin/jobs", label: words.jobs.all }}
    >
      {(job) => <Whole job={job} renew={() => found.refetch()} />}
    </ThingPage>
  );
}

function Whole({ job, renew }: { job: Job; renew: () => Promise<unknown> }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const time = (value: string | null) => when(value, locale) ?? "–";
  const params = { path: { actionJobId: job.id } };
  const isOfSession = job.type === OF_A_SESSION;
  const recurrence = useRecurrence();
  return (
    <Stack gap="xl">
      <Card>
        <Stack>
          <Facts
            facts={[
              [words.jobs.state, <JobState key="state" job={job} />],
              [words.jobs.last, time(job.lastRunTimeUtc)],
              [words.jobs.next, time(job.nextStartTimeUtc)],
              [words.jobs.recurrence, recurrence(job) ?? words.jobs.once],
            ]}
          />
          <Group>
            <Deed
              label={words.jobs.run}
              act={() => answer(api.POST("/api/locum/v1/ActionJob/{actionJobId}/Run", { params }))}
              then={renew}
            />
            {job.type !== VERIFICATION && (
              <GraveDeed
                label={words.jobs.cancel}
                title={words.jobs.cancelTitle}
                text={isOfSession ? words.jobs.cancelSession : words.jobs.cancelChange}
                act={() => answer(api.DELETE("/api/locum/v1/ActionJob/{actionJobId}", { params }))}
                then={renew}
              />
            )}
            {isOfSession ? (
              <Anchor component={Link} to={`/sessions/${job.id}`}>
                {words.jobs.toSession}
              </Anchor>
            ) : (
              job.managedObjectId && (
                <Anchor component={Link} to={`/admin/credentials/${job.managedObjectId}`}>
                  {words.jobs.toCredential}
                </Anchor>
              )
            )}
          </Group>
        </Stack>
      </Card>
      {isOfSession && <Queues sessionId={job.id} />}
      {job.actionQueueId && <QueueLog id={job.actionQueueId} />}
    </Stack>
  );
}

/** The parts of a session, in their order. */
function Queues({ sessionId }: { sessionId: string }) {
  const words = useAdminWords();
  const found = useQuery({
    queryKey: ["queues", "of", sessionId],
    queryFn: () => {
      const query = { activitySessionId: sessionId, skip: 0, take: PARTS };
      return answer(api.GET("/api/v1/ActionQueue/Search", { params: { query } }));
    },
  });
  return (
    <Loaded
      rows={found.data?.data}
      error={found.error}
      onRetry={() => void found.refetch()}
      empty={words.jobs.noSteps}
    >
      {found.data?.data?.map((queue) => <QueueSteps key={queue.id} id={queue.id} title={partOf(queue, words)} />)}
    </Loaded>
  );
}
