/** What a profile says of sessions: how long, how they are approved, what is asked, what becomes of accounts. */
import { Checkbox, Fieldset, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../shared/api";
import { DraftForm, type Draft as Drafted, useDraft } from "../../shared/draft";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { numbered, things } from "../choices";
import { useComplexities } from "../schedules/schedules";
import { useSaved } from "../ThingEnd";
import { bodyOf, type Draft, KIND, makeProfile } from "./profile";

const WORKFLOW = 2;
const MOST_FIELDS = 3;
const LONGEST_MIN = 43_200;

export function ProfileForm({ id, saved }: { id: string | null; saved: Draft }) {
  const words = useAdminWords();
  const onSaved = useSaved(KIND, id);
  const draft = useDraft(saved);
  const params = { path: { connectionProfileId: id ?? "" } };
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      name={words.profiles.one}
      save={() =>
        id
          ? answer(
              api.PUT("/api/v1/ConnectionProfile/{connectionProfileId}", { params, body: bodyOf(draft.value) }),
            )
          : makeProfile(draft.value)
      }
      onSaved={onSaved}
    >
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      <Time draft={draft} />
      <Approval draft={draft} />
      <Questions draft={draft} />
      <Accounts draft={draft} />
      <Watching draft={draft} />
      <Passwords draft={draft} />
    </DraftForm>
  );
}

type Props = { draft: Drafted<Draft> };

function Time({ draft }: Props) {
  const words = useAdminWords().profiles;
  return (
    <Fieldset legend={words.time}>
      <Stack gap="sm">
        <Checkbox label={words.record} description={words.recordHint} {...draft.flag("record")} />
        <NumberInput
          label={words.maxSessionLength}
          required
          min={1}
          max={LONGEST_MIN}
          {...draft.figure("maxSessionLength")}
        />
        <NumberInput
          label={words.expirationTimeoutThreshold}
          description={words.expirationTimeoutThresholdHint}
          min={1}
          {...draft.figure("expirationTimeoutThreshold")}
        />
        <Checkbox label={words.allowSessionExtension} {...draft.flag("allowSessionExtension")} />
        {draft.value.allowSessionExtension && (
          <Group grow align="flex-start">
            <NumberInput label={words.sessionExtensionMinutes} min={1} {...draft.figure("sessionExtensionMinutes")} />
            <NumberInput
              label={words.sessionExtensionCount}
              description={words.sessionExtensionCountHint}
              min={1}
              {...draft.figure("sessionExtensionCount")}
            />
          </Group>
        )}
      </Stack>
    </Fieldset>
  );
}

function Approval({ draft }: Props) {
  const { profiles: words, form } = useAdminWords();
  const workflows = useQuery({ queryKey: ["workflows"], queryFn: () => answer(api.GET("/api/v1/ApprovalWorkflow")) });
  return (
    <Fieldset legend={words.before}>
      <Stack gap="sm">
        <NativeSelect
          label={words.approvalTypeRequired}
          data={numbered(words.approvals)}
          {...draft.choice("approvalTypeRequired")}
        />
        {draft.value.approvalTypeRequired === WORKFLOW && (
          <NativeSelect
            label={words.approvalWorkflowId}
            required
            data={things(form.choose, workflows.data)}
            {...draft.option("approvalWorkflowId")}
          />
        )}
        <Checkbox label={words.notesRequired} {...draft.flag("notesRequired")} />
        <Checkbox label={words.ticketRequired} {...draft.flag("ticketRequired")} />
      </Stack>
    </Fieldset>
  );
}

function Questions({ draft }: Props) {
  const { profiles: words, form } = useAdminWords();
  return (
    <Fieldset legend={words.questions}>
      <Rows
        rows={draft.value.customFields}
        onChange={(fields) => draft.set("customFields", fields)}
        most={MOST_FIELDS}
        fresh={() => ({
          name: "",
          label: "",
          description: "",
          customFieldDataType: 1,
          options: "",
          length: null,
          required: false,
        })}
        legend={words.question}
        add={words.questionAdd}
      >
        {(field, change) => (
          <>
            <TextInput
              label={form.name}
              description={words.questionName}
              required
              value={field.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <TextInput
              label={words.questionLabel}
              value={field.label}
              onChange={(event) => change({ label: event.currentTarget.value })}
            />
            <TextInput
              label={form.description}
              value={field.description}
              onChange={(event) => change({ description: event.currentTarget.value })}
            />
            <NativeSelect
              label={words.questionType}
              data={numbered(words.questionTypes)}
              value={String(field.customFieldDataType)}
              onChange={(event) => change({ customFieldDataType: Number(event.currentTarget.value) })}
            />
            {field.customFieldDataType === 1 && (
              <NumberInput
                label={words.questionLength}
                min={1}
                value={field.length ?? ""}
                onChange={(to) => change({ length: to === "" ? null : Number(to) })}
              />
            )}
            {field.customFieldDataType === 2 && (
              <TextInput
                label={words.questionOptions}
                required
                value={field.options}
                onChange={(event) => change({ options: event.currentTarget.value })}
              />
            )}
            <Checkbox
              label={words.questionRequired}
              checked={field.required}
              onChange={(event) => change({ required: event.currentTarget.checked })}
            />
          </>
        )}
      </Rows>
    </Fieldset>
  );
}

function Accounts({ draft }: Props) {
  const { profiles: words } = useAdminWords();
  const complexities = useComplexities();
  return (
    <Fieldset legend={words.accounts}>
      <Stack gap="sm">
        <Checkbox label={words.leaveInGroup} description={words.leaveInGroupHint} {...draft.flag("leaveInGroup")} />
        <Checkbox label={words.deleteAccount} description={words.deleteAccountHint} {...draft.flag("deleteAccount")} />
        <NativeSelect
          label={words.activityTokenComplexity}
          description={words.activityTokenComplexityHint}
          data={things(words.usual, complexities.data)}
          {...draft.option("activityTokenComplexity")}
        />
        <NumberInput
          label={words.sessionRetryInterval}
          description={words.sessionRetryIntervalHint}
          min={1}
          {...draft.figure("sessionRetryInterval")}
        />
      </Stack>
    </Fieldset>
  );
}

function Watching({ draft }: Props) {
  const { profiles: words } = useAdminWords();
  return (
    <Fieldset legend={words.watching}>
      <Stack gap="sm">
        <Checkbox
          label={words.monitorEntireSession}
          description={words.monitorEntireSessionHint}
          {...draft.flag("monitorEntireSession")}
        />
        {draft.value.monitorEntireSession && (
          <NumberInput label={words.sessionMonitorInterval} min={1} {...draft.figure("sessionMonitorInterval")} />
        )}
        <Checkbox
          label={words.proxyAutoConnect}
          description={words.proxyAutoConnectHint}
          {...draft.flag("proxyAutoConnect")}
        />
        <TextInput
          label={words.sshProxyHost}
          description={words.sshProxyHostHint}
          placeholder="gate.example.org:4422"
          {...draft.text("sshProxyHost")}
        />
      </Stack>
    </Fieldset>
  );
}

function Passwords({ draft }: Props) {
  const { profiles: words } = useAdminWords();
  return (
    <Fieldset legend={words.passwords}>
      <Stack gap="sm">
        <Checkbox
          label={words.allowPasswordAccess}
          description={words.allowPasswordAccessHint}
          {...draft.flag("allowPasswordAccess")}
        />
        <Checkbox
          label={words.allowViewPassword}
          description={words.allowViewPasswordHint}
          {...draft.flag("allowViewPassword")}
        />
      </Stack>
    </Fieldset>
  );
}
