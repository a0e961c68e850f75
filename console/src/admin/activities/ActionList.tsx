/** An activity's actions in one part of a session, in their order. */
import { Checkbox, NativeSelect, NumberInput, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Part } from "../../me/Part";
import type { Model } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { Loaded } from "../../shared/Loaded";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { type ActionDraft, type Activity, actionsOf, groupsOf, putActions, type Template, useTemplates } from "./activities";

type Props = { activity: Activity; part: 0 | 1 | 2 };
const ANY = 4;
/** By the types of platforms: the first part of what a kind of action is defined as. */
const CONNECTORS: Record<string, string> = { Linux: "linux", PostgreSQL: "postgresql", MySQL: "mariadb" };

export function ActionList({ activity, part }: Props) {
  const words = useAdminWords();
  const group = groupsOf(activity)[part];
  const templates = useTemplates();
  const found = useQuery({ queryKey: ["actions", group], queryFn: () => actionsOf(group) });
  return (
    <Card>
      <Part id={`part-${part}`} title={words.actions.parts[part] ?? ""} intro={words.actions.hints[part] ?? ""}>
        <Loaded
          rows={found.data && templates.data && [found.data]}
          error={found.error ?? templates.error}
          onRetry={() => void found.refetch()}
          empty={words.actions.empty}
        >
          {found.data && templates.data && (
            <Form activity={activity} part={part} saved={found.data} templates={templates.data} />
          )}
        </Loaded>
      </Part>
    </Card>
  );
}

function Form({ activity, part, saved, templates }: Props & { saved: ActionDraft[]; templates: Template[] }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const group = groupsOf(activity)[part];
  const draft = useDraft({ actions: saved });
  const kinds = templates.filter((one) => fits(one, activity, part) || saved.some((s) => s.actionTemplateId === one.id));
  const first = kinds[0];
  return (
    <DraftForm
      draft={draft}
      label={words.form.save}
      name={words.actions.parts[part]}
      save={() => putActions(group, draft.value.actions)}
      onSaved={() => queries.invalidateQueries({ queryKey: ["actions", group] })}
    >
      {draft.value.actions.length === 0 && <Text c="dimmed">{words.actions.empty}</Text>}
      <Rows
        rows={draft.value.actions}
        onChange={(actions) => draft.set("actions", actions)}
        fresh={() => ({
          actionTemplateId: first?.id ?? "",
          values: first ? defaults(first) : {},
          continueOnFail: false,
          timeout: null,
        })}
        legend={words.actions.one}
        add={words.actions.add}
        most={first ? undefined : 0}
      >
        {(action, change) => <ActionFields action={action} change={change} kinds={kinds} />}
      </Rows>
    </DraftForm>
  );
}

/** Whether a kind of action is for the activity's platform and may be in this part. */
function fits(template: Template, activity: Activity, part: number): boolean {
  const connector = CONNECTORS[activity.platform?.name ?? ""];
  const isForPlatform = connector === undefined || template.definition?.startsWith(`${connector}/`);
  return Boolean(isForPlatform) && (template.classification === part || template.classification === ANY);
}

function defaults(template: Template): Record<string, string> {
  return Object.fromEntries((template.actionTemplateParameter ?? []).map((one) => [one.id, one.defaultValue ?? ""]));
}

type FieldsProps = { action: ActionDraft; change: (part: Partial<ActionDraft>) => void; kinds: Template[] };

function ActionFields({ action, change, kinds }: FieldsProps) {
  const words = useAdminWords();
  const kind = kinds.find((one) => one.id === action.actionTemplateId);
  return (
    <>
      <NativeSelect
        label={words.actions.kind}
        description={words.actions.about[kind?.definition?.split("/")[1] ?? ""] ?? kind?.description}
        data={kinds.map((one) => ({
          value: one.id,
          label: words.actions.kinds[one.definition?.split("/")[1] ?? ""] ?? one.displayName ?? "",
        }))}
        value={action.actionTemplateId}
        onChange={(event) => {
          const next = kinds.find((one) => one.id === event.currentTarget.value);
          if (next) change({ actionTemplateId: next.id, values: defaults(next) });
        }}
      />
      {kind?.actionTemplateParameter?.map((parameter) => (
        <Parameter
          key={parameter.id}
          parameter={parameter}
          value={action.values[parameter.id] ?? ""}
          onChange={(value) => change({ values: { ...action.values, [parameter.id]: value } })}
        />
      ))}
      <NumberInput
        label={words.actions.timeout}
        description={words.actions.timeoutHint}
        min={1}
        max={600}
        value={action.timeout ?? ""}
        onChange={(to) => change({ timeout: to === "" ? null : Number(to) })}
      />
      <Checkbox
        label={words.actions.continueOnFail}
        checked={action.continueOnFail}
        onChange={(event) => change({ continueOnFail: event.currentTarget.checked })}
      />
    </>
  );
}

type ParameterProps = { parameter: Model<"ActionTemplateParameter">; value: string; onChange: (value: string) => void };

function Parameter({ parameter, value, onChange }: ParameterProps) {
  const words = useAdminWords();
  const label = words.actions.parameters[parameter.name ?? ""] ?? parameter.displayName ?? "";
  if (parameter.valueSet) {
    const choices = parameter.valueSet.map((one) => ({ value: one, label: words.actions.values[one] ?? one }));
    return (
      <NativeSelect
        label={label}
        required={parameter.required}
        data={[{ value: "", label: words.form.choose }, ...choices]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  const usual = {
    label,
    required: parameter.required,
    value,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  return parameter.multiline ? <Textarea {...usual} autosize minRows={4} spellCheck={false} /> : <TextInput {...usual} />;
}
