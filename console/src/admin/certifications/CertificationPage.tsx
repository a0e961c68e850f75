/** One certification: set up and started by an administrator, decided by its reviewer, and what came of it. */
import { Alert, Group, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import { hasRole, useWho } from "../../signin/who";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Deed, GraveDeed } from "../Deed";
import { Facts } from "../Facts";
import { Happened } from "../Happened";
import { namesOf, namesOfAnybody } from "../names";
import { ThingPage } from "../ThingPage";
import { CertificationForm, FRESH, type Setup } from "./CertificationForm";
import { TaskState } from "./CertificationsPage";
import { Rows } from "./Rows";

type Task = Model<"AccessCertificationTaskSummary">;
const route = getRouteApi("/certifications/$id");
const READY = 1;
const INCOMPLETE = 2;
const ONE = "/api/v1/AccessCertificationTask/{accessCertificationTaskId}";

export default function CertificationPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isAdministrator = hasRole(useWho(), "admin");
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["certification", id],
    queryFn: async () => {
      if (isNew) return { task: null, setup: FRESH };
      const task = await answer(api.GET(ONE, { params: { path: { accessCertificationTaskId: id } } }));
      return { task, setup: isAdministrator ? await setupOf(task) : null };
    },
  });
  const task = found.data?.task;
  return (
    <ThingPage
      title={isNew ? words.certifications.add : (task?.name ?? words.certifications.one)}
      intro={task?.description ?? words.certifications.intro}
      found={found}
      back={{ to: "/certifications", label: words.certifications.all }}
    >
      {({ task: one, setup }) => (
        <Stack gap="xl" key={id}>
          {one && <State task={one} />}
          {one && one.status >= INCOMPLETE && <Rows task={one} />}
          {setup && (
            <Card>
              <CertificationForm task={one} saved={setup} />
            </Card>
          )}
          {one && isAdministrator && <Happened objectId={one.id} intro={words.certifications.happened} />}
        </Stack>
      )}
    </ThingPage>
  );
}

async function setupOf(task: Task): Promise<Setup> {
  const [users, groups, policies] = await Promise.all([
    namesOf("managedAccountIds", task.selectedUserIds ?? []),
    namesOfAnybody(task.selectedUserGroupIds ?? []),
    namesOf("policyIds", task.selectedPolicyIds ?? []),
  ]);
  return {
    name: task.name ?? "",
    description: task.description ?? "",
    reviewer: { id: task.reviewerId, name: task.reviewer ?? "" },
    deadline: task.deadlineDateTimeUtc ? local(task.deadlineDateTimeUtc) : "",
    people: users,
    groups,
    policies,
  };
}

/** As fields for date and time have it, in the browser's zone. */
function local(time: string): string {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function State({ task }: { task: Task }) {
  const words = useAdminWords();
  const { locale } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const isAdministrator = hasRole(useWho(), "admin");
  const params = { path: { accessCertificationTaskId: task.id } };
  const time = (value: string | null) => when(value, locale) ?? "–";
  const hasStarted = task.status >= INCOMPLETE;
  return (
    <Card>
      <Stack>
        <Facts
          facts={[
            [words.jobs.state, <TaskState key="state" status={task.status} />],
            [words.certifications.reviewer, task.reviewer ?? "–"],
            [words.certifications.started, time(task.startDateTimeUtc)],
            [words.certifications.deadline, time(task.deadlineDateTimeUtc)],
            [words.certifications.completed, time(task.completedDateTimeUtc)],
            [words.certifications.open, task.openRows],
          ]}
        />
        {task.status === 0 && <Alert color="yellow">{words.certifications.nothingChosen}</Alert>}
        {isAdministrator && !hasStarted && (
          <Group>
            {task.status === READY && (
              <Deed
                label={words.certifications.start}
                act={() =>
                  answer(api.PUT("/api/v1/AccessCertificationTask/{accessCertificationTaskId}/Start", { params }))
                }
                then={() => queries.invalidateQueries({ queryKey: ["certification", task.id] })}
              />
            )}
            <GraveDeed
              label={words.form.delete}
              title={words.form.deleteTitle(task.name ?? "")}
              text={words.certifications.deleteText}
              act={() => answer(api.DELETE(ONE, { params }))}
              then={async () => {
                await queries.invalidateQueries({ queryKey: ["certifications"] });
                await navigate({ to: "/certifications" });
              }}
            />
          </Group>
        )}
      </Stack>
    </Card>
  );
}
