/** One schedule, or a new one. */
import { Checkbox, Group, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given } from "../../shared/api";
import type { Draft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { OneThing, type Way } from "../OneThing";
import type { Schedule } from "./schedules";

const route = getRouteApi("/admin/schedules/$id");
const ONE = "/api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}";
const ZONE = "/api/locum/v1/ScheduledChangePolicy/{scheduledChangePolicyId}/TimeZone";
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
type Fresh = typeof FRESH;

function draftOf(row: Schedule, timeZone: string): Fresh {
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

const of = (id: string) => ({ path: { scheduledChangePolicyId: id } });

async function save(id: string | null, value: Fresh): Promise<{ id: string }> {
  const body = {
    name: value.name,
    description: value.description,
    frequency: value.frequency as Given<"FrequencyType">,
    periodValue: value.periodValue ?? 0,
    daysOfWeek: value.frequency === WEEKLY ? NAMES.filter((day) => value.days.includes(day)).join(",") : undefined,
    dayNumber: value.frequency === MONTHLY ? (value.dayNumber ?? 0) : undefined,
    localTime: `0001-01-01T${value.time || "00:00"}:00`,
  };
  const made = await answer(
    id ? api.PUT(ONE, { params: of(id), body }) : api.POST("/api/v1/ScheduledChangePolicy", { body }),
  );
  if (value.frequency !== HOURS && value.frequency !== MINUTES) {
    await answer(api.PUT(ZONE, { params: of(made.id), body: { timeZone: value.timeZone } }));
  }
  return made;
}

const WAY: Way<Fresh> = {
  list: "schedules",
  one: "schedule",
  at: "/admin/schedules",
  fresh: FRESH,
  get: async (id) => {
    const params = of(id);
    const [row, zone] = await Promise.all([answer(api.GET(ONE, { params })), answer(api.GET(ZONE, { params }))]);
    return draftOf(row, zone.timeZone);
  },
  save,
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

export default function SchedulePage() {
  const { id } = route.useParams();
  return (
    <OneThing id={id} way={WAY} words={useAdminWords().schedules}>
      {(draft) => <Fields draft={draft} />}
    </OneThing>
  );
}

function Fields({ draft }: { draft: Draft<Fresh> }) {
  const words = useAdminWords();
  const { frequency } = draft.value;
  const isTimed = frequency !== HOURS && frequency !== MINUTES;
  return (
    <>
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
    </>
  );
}
