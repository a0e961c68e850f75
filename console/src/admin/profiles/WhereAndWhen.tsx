/** From where, and at which times of the week, a profile lets people in. */
import { Checkbox, Group, NativeSelect, TextInput } from "@mantine/core";
import type { Given } from "../../shared/api";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { numbered } from "../choices";
import { PartForm } from "./PartForm";
import { PARTS } from "./profile";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export function AddressRules({ profileId }: { profileId: string }) {
  const words = useAdminWords().profiles;
  return (
    <PartForm
      id="from-where"
      title={words.where}
      intro={words.whereHint}
      profileId={profileId}
      get={async (id) => ({ rules: (await PARTS.rules.get(id)).map((rule) => ({ ...rule, type: Number(rule.type) })) })}
      put={(id, { rules }) => PARTS.rules.put(id, rules as Given<"IpAddressRuleIn">[])}
    >
      {(draft) => (
        <Rows
          rows={draft.value.rules}
          onChange={(rules) => draft.set("rules", rules)}
          fresh={() => ({ address: "", allowed: true, type: 2 })}
          legend={words.rule}
          add={words.ruleAdd}
        >
          {(rule, change) => (
            <Group grow align="flex-start">
              <NativeSelect
                label={words.ruleSays}
                data={[
                  { value: "yes", label: words.allows },
                  { value: "no", label: words.denies },
                ]}
                value={rule.allowed ? "yes" : "no"}
                onChange={(event) => change({ allowed: event.currentTarget.value === "yes" })}
              />
              <NativeSelect
                label={words.ruleType}
                data={numbered(words.ruleTypes)}
                value={String(rule.type)}
                onChange={(event) => change({ type: Number(event.currentTarget.value) })}
              />
              <TextInput
                label={words.address}
                required
                placeholder={words.addressExamples[rule.type]}
                value={rule.address}
                onChange={(event) => change({ address: event.currentTarget.value })}
              />
            </Group>
          )}
        </Rows>
      )}
    </PartForm>
  );
}

export function Windows({ profileId }: { profileId: string }) {
  const { profiles: words, schedules } = useAdminWords();
  return (
    <PartForm
      id="when"
      title={words.when}
      intro={words.whenHint}
      profileId={profileId}
      get={async (id) => ({ windows: await PARTS.windows.get(id) })}
      put={(id, { windows }) => PARTS.windows.put(id, windows)}
    >
      {(draft) => (
        <Rows
          rows={draft.value.windows}
          onChange={(windows) => draft.set("windows", windows)}
          fresh={() => ({ weekdays: DAYS.slice(0, 5).join(","), fromTime: "08:00", toTime: "18:00", timeZone: "UTC" })}
          legend={words.window}
          add={words.windowAdd}
        >
          {(window, change) => (
            <>
              <Checkbox.Group
                label={schedules.weekdays}
                value={window.weekdays.split(",").map((day) => day.trim())}
                onChange={(days) => change({ weekdays: DAYS.filter((day) => days.includes(day)).join(",") })}
              >
                <Group mt="xs">
                  {DAYS.map((day) => (
                    <Checkbox key={day} value={day} label={schedules.days[day]} />
                  ))}
                </Group>
              </Checkbox.Group>
              <Group grow align="flex-start">
                <TextInput
                  label={words.fromTime}
                  required
                  value={window.fromTime}
                  onChange={(event) => change({ fromTime: event.currentTarget.value })}
                />
                <TextInput
                  label={words.toTime}
                  required
                  value={window.toTime}
                  onChange={(event) => change({ toTime: event.currentTarget.value })}
                />
                <TextInput
                  label={schedules.zone}
                  required
                  value={window.timeZone}
                  onChange={(event) => change({ timeZone: event.currentTarget.value })}
                />
              </Group>
            </>
          )}
        </Rows>
      )}
    </PartForm>
  );
}
