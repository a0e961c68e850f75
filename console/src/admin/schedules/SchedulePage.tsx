/** One schedule, or a new one. */
import { Checkbox, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { ThingEnd, useSaved } from "../ThingEnd";
import { ThingPage } from "../ThingPage";
import type { Schedule } from "./schedules";

const route = getRouteApi("/admin/schedules/$id");
const KIND = { list: "schedules", one: "schedule", at: "/admin/schedules" };
const HOURS = 0;
const DAYS = 1;
const WEEKLY = 2;
const MONTHLY = 3;
const MINUTES = 4;
const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const FRESH = {
  name: "",
  description: "",
  frequency: DAYS,
  periodValue: 30 as number | null,
  days: [] as string[],
  dayNumber: 1 as number | null,
  time: "02:00",
  timeZone: "UTC",
};

function draftOf(row: Schedule, timeZone: string): typeof FRESH {
  return {
    name: row.name ?? "",
    description: row.description ?? "",
    frequency: row.frequency,
    periodValue: row.periodValue,
    days: (row.daysOfWeek ?? "").split(",").filter(Boolean),
    dayNumber: row.dayNumber || 1,
    time: row.localTime.slice(11, 16),
    timeZone,
  };
}

export default function SchedulePage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["schedule", id],
    queryFn: async () => {
      if (isNew) return FRESH;
      const params = { path: { scheduledChangePolicyId: id } };
      const [row, zone] = await Promise.all([
        answer(api.GET("/api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}", { params })),
        answer(api.GET("/api/locum/v1/ScheduledChangePolicy/{scheduledChangePolicyId}/TimeZone", { params })),
      ]);
      return draftOf(row, zone.timeZone);
    },
  });
  return (
    <ThingPage
      title={isNew ? words.schedules.add : (found.data?.name ?? words.schedules.one)}
      intro={words.schedules.intro}
      found={found}
      back={{ to: "/admin/schedules", label: words.schedules.all }}
    >
      {(saved) => <Form key={id} id={isNew ? null : id} saved={saved} />}
    </ThingPage>
  );
}

async function save(id: string | null, value: typeof FRESH): Promise<{ id: string }> {
  const body = {
    name: value.name,
    description: value.description,
    frequency: value.frequency as Given<"FrequencyType">,
    periodValue: value.periodValue ?? 0,
    daysOfWeek: value.frequency === WEEKLY ? NAMES.filter((day) => value.days.includes(day)).join(",") : undefined,
    dayNumber: value.frequency === MONTHLY ? (value.dayNumber ?? 0) : undefined,
    localTime: `0001-01-01T${value.time || "00:00"}:00`,
  };
  const path = "/api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}";
  const made = await answer(
    id
      ? api.PUT(path, { params: { path: { scheduledChangePolicyId: id } }, body })
      : api.POST("/api/v1/ScheduledChangePolicy", { body }),
  );
  if (value.frequency !== HOURS && value.frequency !== MINUTES) {
    await answer(
      api.PUT("/api/locum/v1/ScheduledChangePolicy/{scheduledChangePolicyId}/TimeZone", {
        params: { path: { scheduledChangePolicyId: made.id } },
        body: { timeZone: value.timeZone },
      }),
    );
  }
  return made;
}

function Form({ id, saved }: { id: string | null; saved: typeof FRESH }) {
  const words = useAdminWords();
  const onSaved = useSaved(KIND, id);
  const draft = useDraft(saved);
  const { frequency } = draft.value;
  const isTimed = frequency !== HOURS && frequency !== MINUTES;
  return (
    <Stack gap="xl">
      <Card>
        <DraftForm
          draft={draft}
          label={words.form.save}
          save={() => save(id, draft.value)}
          onSaved={onSaved}
        >
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
          <NativeSelect
            label={words.schedules.frequency}
            data={[DAYS, WEEKLY, MONTHLY, HOURS, MINUTES].map((one) => ({
              value: String(one),
              label: words.schedules.frequencies[one] ?? "",
            }))}
            {...draft.choice("frequency")}
          />
          {(frequency === DAYS || !isTimed) && (
            <NumberInput label={words.schedules.periods[frequency]} required min={1} {...draft.figure("periodValue")} />
          )}
          {frequency === WEEKLY && (
            <Checkbox.Group
              label={words.schedules.weekdays}
              value={draft.value.days}
              onChange={(days) => draft.set("days", days)}
            >
              <Group mt="xs">
                {NAMES.map((day) => (
                  <Checkbox key={day} value={day} label={words.schedules.days[day]} />
                ))}
              </Group>
            </Checkbox.Group>
          )}
          {frequency === MONTHLY && (
            <NumberInput
              label={words.schedules.dayNumber}
              description={words.schedules.dayNumberHint}
              required
              min={1}
              max={31}
              {...draft.figure("dayNumber")}
            />
          )}
          {isTimed && (
            <>
              <TextInput type="time" label={words.schedules.time} required {...draft.text("time")} />
              <TextInput
                label={words.schedules.zone}
                description={words.schedules.zoneHint}
                required
                maxLength={64}
                {...draft.text("timeZone")}
              />
            </>
          )}
        </DraftForm>
      </Card>
      {id && (
        <ThingEnd
          kind={KIND}
          name={saved.name}
          remove={() =>
            answer(
              api.DELETE("/api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}", {
                params: { path: { scheduledChangePolicyId: id } },
              }),
            )
          }
          text={words.schedules.deleteText}
        />
      )}
    </Stack>
  );
}
