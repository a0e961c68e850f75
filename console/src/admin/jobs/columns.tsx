/** How jobs are shown in lists. */
import { Anchor, Badge, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Model } from "../../shared/api";
import { when } from "../../shared/format";
import type { Column } from "../../shared/Listing";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { told, useSchedules } from "../schedules/schedules";

export type Job = Model<"ActionJob">;
const RUNNING = 1;
/** Hours, too. */
const EVERY_FEW_MINUTES = 1;
const SCHEDULED = 8;
const COLOURS: Record<number, string> = { 0: "gray", 1: "blue", 2: "green", 3: "red", 4: "gray", 5: "orange", 7: "yellow" };

export function ActionState({ status }: { status: number }) {
  const words = useAdminWords();
  return (
    <Badge variant="light" tt="none" color={COLOURS[status] ?? "gray"}>
      {words.jobs.states[status] ?? status}
    </Badge>
  );
}

export function JobState({ job }: { job: Job }) {
  const words = useAdminWords();
  return (
    <div className="breaks">
      <ActionState status={job.running ? RUNNING : (job.lastRunStatus ?? SCHEDULED)} />
      {job.attempts > 0 && (
        <Text size="sm" c="dimmed">
          {words.jobs.failedTimes(job.attempts)}
        </Text>
      )}
      {job.lastError && (
        <Text size="sm" c="red">
          {job.lastError}
        </Text>
      )}
    </div>
  );
}

/** How often a job is done: by its schedule, in the reader's language. */
export function useRecurrence(): (job: Job) => string | null {
  const words = useAdminWords();
  const { locale } = useWords();
  const schedules = useSchedules();
  return (job) => {
    const schedule = schedules.data?.find((one) => one.id === job.scheduleChangePolicyId);
    if (!schedule || !job.recurrence) return job.recurrence;
    // Where it is due at a time of day, the server's words end with the zone.
    const zone = job.recurrenceType === EVERY_FEW_MINUTES ? "" : ` ${job.recurrence.split(" ").at(-1)}`;
    return `${told(schedule, words.schedules, locale)}${zone}`;
  };
}

export function useJobColumns(): Column<Job>[] {
  const words = useAdminWords();
  const { locale } = useWords();
  const recurrence = useRecurrence();
  const time = (value: string | null) => when(value, locale) ?? "–";
  return [
    {
      key: "name",
      label: words.jobs.job,
      show: (row) => (
        <div className="breaks">
          <Anchor component={Link} to={`/admin/jobs/${row.id}`} fw={600} className="breaks">
            {words.jobs.types[row.type] ?? row.name}
          </Anchor>
          <Text size="sm" c="dimmed">
            {row.name}
          </Text>
        </div>
      ),
    },
    { key: "state", label: words.jobs.state, show: (row) => <JobState job={row} /> },
    { key: "last", label: words.jobs.last, show: (row) => time(row.lastRunTimeUtc) },
    {
      key: "next",
      label: words.jobs.next,
      show: (row) => (
        <div className="breaks">
          {time(row.nextStartTimeUtc)}
          {row.recurrence && (
            <Text size="sm" c="dimmed">
              {recurrence(row)}
            </Text>
          )}
        </div>
      ),
    },
  ];
}
