/** One rule for generated passwords or names, or a new one. */
import { Checkbox, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given } from "../../shared/api";
import { DraftForm, useDraft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { ThingEnd, useSaved } from "../ThingEnd";
import { ThingPage } from "../ThingPage";
import type { Complexity } from "./schedules";

const route = getRouteApi("/admin/complexities/$id");
const KIND = { list: "complexities", one: "complexity", at: "/admin/complexities" };
/** Bits of what a text may begin or end with. */
const KINDS = [1, 2, 4, 8, 16];

const FRESH = {
  name: "",
  description: "",
  type: 0,
  length: 24 as number | null,
  lowerCase: true,
  upperCase: true,
  numeric: true,
  specialCharacter: true,
  space: false,
  mustStartWith: 3,
  mustEndWith: 0,
  maxConsecutive: 2 as number | null,
  charsToExclude: "",
};

function draftOf(row: Complexity): typeof FRESH {
  const kept = Object.fromEntries(Object.keys(FRESH).map((name) => [name, row[name as keyof Complexity]]));
  return {
    ...(kept as unknown as typeof FRESH),
    description: row.description ?? "",
    name: row.name ?? "",
    charsToExclude: row.charsToExclude ?? "",
  };
}

export default function ComplexityPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  const isNew = id === "new";
  const found = useQuery({
    queryKey: ["complexity", id],
    queryFn: async () => {
      if (isNew) return FRESH;
      const params = { path: { passwordComplexityId: id } };
      return draftOf(await answer(api.GET("/api/v1/PasswordComplexity/{passwordComplexityId}", { params })));
    },
  });
  return (
    <ThingPage
      title={isNew ? words.complexities.add : (found.data?.name ?? words.complexities.one)}
      intro={words.complexities.intro}
      found={found}
      back={{ to: "/admin/complexities", label: words.complexities.all }}
    >
      {(saved) => <Form key={id} id={isNew ? null : id} saved={saved} />}
    </ThingPage>
  );
}

function Form({ id, saved }: { id: string | null; saved: typeof FRESH }) {
  const words = useAdminWords();
  const onSaved = useSaved(KIND, id);
  const draft = useDraft(saved);
  const one = "/api/v1/PasswordComplexity/{passwordComplexityId}";
  const params = { path: { passwordComplexityId: id ?? "" } };
  const bits = (name: "mustStartWith" | "mustEndWith") => ({
    value: KINDS.filter((kind) => draft.value[name] & kind).map(String),
    onChange: (kinds: string[]) => draft.set(name, kinds.reduce((sum, kind) => sum + Number(kind), 0)),
  });
  async function save() {
    const body = draft.value as Given<"PasswordComplexityIn">;
    return answer(id ? api.PUT(one, { params, body }) : api.POST("/api/v1/PasswordComplexity", { body }));
  }
  return (
    <Stack gap="xl">
      <Card>
        <DraftForm
          draft={draft}
          label={words.form.save}
          save={save}
          onSaved={onSaved}
        >
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
          <NativeSelect
            label={words.complexities.type}
            data={Object.entries(words.complexities.types).map(([value, label]) => ({ value, label }))}
            {...draft.choice("type")}
          />
          <NumberInput
            label={words.complexities.length}
            description={words.complexities.lengthHint}
            required
            min={1}
            max={128}
            {...draft.figure("length")}
          />
          <Checkbox label={words.complexities.lowerCase} {...draft.flag("lowerCase")} />
          <Checkbox label={words.complexities.upperCase} {...draft.flag("upperCase")} />
          <Checkbox label={words.complexities.numeric} {...draft.flag("numeric")} />
          <Checkbox label={words.complexities.specialCharacter} {...draft.flag("specialCharacter")} />
          <Checkbox label={words.complexities.space} {...draft.flag("space")} />
          <Kinds label={words.complexities.start} {...bits("mustStartWith")} />
          <Kinds label={words.complexities.end} {...bits("mustEndWith")} />
          <NumberInput
            label={words.complexities.consecutive}
            description={words.complexities.consecutiveHint}
            min={0}
            {...draft.figure("maxConsecutive")}
          />
          <TextInput label={words.complexities.exclude} maxLength={256} {...draft.text("charsToExclude")} />
        </DraftForm>
      </Card>
      {id && (
        <ThingEnd
          kind={KIND}
          name={saved.name}
          remove={() => answer(api.DELETE(one, { params }))}
          text={words.complexities.deleteText}
        />
      )}
    </Stack>
  );
}

function Kinds(props: { label: string; value: string[]; onChange: (kinds: string[]) => void }) {
  const words = useAdminWords();
  return (
    <Checkbox.Group label={props.label} description={words.complexities.anyHint} value={props.value} onChange={props.onChange}>
      <Group mt="xs">
        {KINDS.map((kind) => (
          <Checkbox key={kind} value={String(kind)} label={words.complexities.kinds[kind]} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}
