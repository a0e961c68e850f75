/** One command restriction: which commands, what comes of them, and who is told. */
import { Checkbox, Fieldset, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { Rows } from "../../shared/Rows";
import { useAdminWords } from "../../words/admin";
import { OneThing, type Way } from "../OneThing";

const route = getRouteApi("/admin/restrictions/$id");
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

const of = (id: string) => ({ path: { commandRestrictionId: id } });

function save(id: string | null, value: Fresh) {
  const body = bodyOf(value);
  return answer(id ? api.PUT(ONE, { params: of(id), body }) : api.POST("/api/locum/v1/CommandRestriction", { body }));
}

const WAY: Way<Fresh> = {
  list: "restrictions",
  one: "restriction",
  at: "/admin/restrictions",
  fresh: FRESH,
  get: async (id) => draftOf(await answer(api.GET(ONE, { params: of(id) }))),
  save,
  copy: (_, saved, name) => save(null, { ...saved, name }),
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

export default function RestrictionPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  return (
    <OneThing id={id} way={WAY} words={words.restrictions}>
      {(draft) => (
        <>
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
        </>
      )}
    </OneThing>
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
