/** One command restriction: which commands, what comes of them, and who is told. */
import { Checkbox, Fieldset, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { ThingEnd, useSaved } from "../ThingEnd";
import { ThingPage } from "../ThingPage";

const route = getRouteApi("/admin/restrictions/$id");
const KIND = { list: "restrictions", one: "restriction", at: "/admin/restrictions" };
const ONE = "/api/locum/v1/CommandRestriction/{commandRestrictionId}";
const FRESH = {
  name: "",
  description: "",
  active: true,
  mailTo: "",
  rules: [] as { pattern: string; action: string; message: string; mail: boolean }[],
};
type Fresh = typeof FRESH;

function draftOf(row: Model<"CommandRestriction">): Fresh {
  return {
    name: row.name,
    description: row.description ?? "",
    active: row.active,
    mailTo: row.mailTo ?? "",
    rules: row.rules.map((rule) => ({ ...rule, message: rule.message ?? "" })),
  };
}

function bodyOf(value: Fresh) {
  return {
    ...value,
    mailTo: value.mailTo || null,
    rules: value.rules.map((rule) => ({ ...rule, message: rule.message || null })),
  };
}

function make(value: Fresh) {
  return answer(api.POST("/api/locum/v1/CommandRestriction", { body: bodyOf(value) }));
}

export default function RestrictionPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["restriction", id],
    queryFn: async () =>
      isNew ? FRESH : draftOf(await answer(api.GET(ONE, { params: { path: { commandRestrictionId: id } } }))),
  });
  return (
    <ThingPage
      title={isNew ? words.restrictions.add : (found.data?.name ?? words.restrictions.one)}
      intro={words.restrictions.intro}
      found={found}
      back={{ to: "/admin/restrictions", label: words.restrictions.all }}
    >
      {(saved) => <Form key={id} id={isNew ? null : id} saved={saved} />}
    </ThingPage>
  );
}

function Form({ id, saved }: { id: string | null; saved: Fresh }) {
  const words = useAdminWords();
  const draft = useDraft(saved);
  const params = { path: { commandRestrictionId: id ?? "" } };
  const onSaved = useSaved(KIND, id);
  return (
    <Stack gap="xl">
      <Card>
        <DraftForm
          draft={draft}
          label={words.form.save}
          save={() => (id ? answer(api.PUT(ONE, { params, body: bodyOf(draft.value) })) : make(draft.value))}
          onSaved={onSaved}
        >
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
          <Checkbox label={words.restrictions.active} {...draft.flag("active")} />
          <TextInput
            type="email"
            label={words.restrictions.mailTo}
            description={words.restrictions.mailToHint}
            maxLength={256}
            {...draft.text("mailTo")}
          />
          <Fieldset legend={words.restrictions.rules}>
            <CommandRules rules={draft.value.rules} onChange={(rules) => draft.set("rules", rules)} />
          </Fieldset>
        </DraftForm>
      </Card>
      {id && (
        <ThingEnd
          kind={KIND}
          name={saved.name}
          copy={(name) => make({ ...saved, name })}
          remove={() => answer(api.DELETE(ONE, { params }))}
          text={words.restrictions.deleteText}
        />
      )}
    </Stack>
  );
}

function CommandRules({ rules, onChange }: { rules: Fresh["rules"]; onChange: (rules: Fresh["rules"]) => void }) {
  const words = useAdminWords().restrictions;
  return (
    <Rows
      rows={rules}
      onChange={onChange}
      fresh={() => ({ pattern: "", action: "block", message: "", mail: false })}
      legend={words.rule}
      add={words.ruleAdd}
    >
      {(rule, change) => (
        <>
          <TextInput
            label={words.pattern}
            description={words.patternHint}
            required
            maxLength={500}
            spellCheck={false}
            placeholder="^(sudo +)?rm +-[a-zA-Z]*r"
            value={rule.pattern}
            onChange={(event) => change({ pattern: event.currentTarget.value })}
          />
          <NativeSelect
            label={words.action}
            data={Object.entries(words.outcomes).map(([value, label]) => ({ value, label }))}
            value={rule.action}
            onChange={(event) => change({ action: event.currentTarget.value })}
          />
          <TextInput
            label={words.message}
            maxLength={1000}
            value={rule.message}
            onChange={(event) => change({ message: event.currentTarget.value })}
          />
          <Checkbox
            label={words.mail}
            checked={rule.mail}
            onChange={(event) => change({ mail: event.currentTarget.checked })}
          />
        </>
      )}
    </Rows>
  );
}
