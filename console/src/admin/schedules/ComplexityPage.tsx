/** One rule for generated passwords or names, or a new one. */
import { Checkbox, Group, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given } from "../../shared/api";
import type { Draft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { numbered } from "../choices";
import { OneThing, type Way } from "../OneThing";
import type { Complexity } from "./schedules";

const route = getRouteApi("/admin/complexities/$id");
const ONE = "/api/v1/PasswordComplexity/{passwordComplexityId}";
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
type Fresh = typeof FRESH;

function draftOf(row: Complexity): Fresh {
  const kept = Object.fromEntries(Object.keys(FRESH).map((name) => [name, row[name as keyof Complexity]]));
  return {
    ...(kept as unknown as Fresh),
    description: row.description ?? "",
    name: row.name ?? "",
    charsToExclude: row.charsToExclude ?? "",
  };
}

const of = (id: string) => ({ path: { passwordComplexityId: id } });

const WAY: Way<Fresh> = {
  list: "complexities",
  one: "complexity",
  at: "/admin/complexities",
  fresh: FRESH,
  get: async (id) => draftOf(await answer(api.GET(ONE, { params: of(id) }))),
  save: (id, value) => {
    const body = value as Given<"PasswordComplexityIn">;
    return answer(id ? api.PUT(ONE, { params: of(id), body }) : api.POST("/api/v1/PasswordComplexity", { body }));
  },
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

function bits(draft: Draft<Fresh>, name: "mustStartWith" | "mustEndWith") {
  return {
    value: KINDS.filter((kind) => draft.value[name] & kind).map(String),
    onChange: (kinds: string[]) => draft.set(name, kinds.reduce((sum, kind) => sum + Number(kind), 0)),
  };
}

export default function ComplexityPage() {
  const { id } = route.useParams();
  const words = useAdminWords();
  return (
    <OneThing id={id} way={WAY} words={words.complexities}>
      {(draft) => (
        <>
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
          <NativeSelect
            label={words.complexities.type}
            data={numbered(words.complexities.types)}
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
          <Kinds label={words.complexities.start} {...bits(draft, "mustStartWith")} />
          <Kinds label={words.complexities.end} {...bits(draft, "mustEndWith")} />
          <NumberInput
            label={words.complexities.consecutive}
            description={words.complexities.consecutiveHint}
            min={0}
            {...draft.figure("maxConsecutive")}
          />
          <TextInput label={words.complexities.exclude} maxLength={256} {...draft.text("charsToExclude")} />
        </>
      )}
    </OneThing>
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
