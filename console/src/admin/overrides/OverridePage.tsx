/** One override policy: its schedules, and what is under it. */
import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Given, type Model } from "../../shared/api";
import type { Draft } from "../../shared/draft";
import { Members } from "../../shared/Members";
import { useAdminWords } from "../../words/admin";
import { numbered, things } from "../choices";
import { OneThing, type Way } from "../OneThing";
import { usePlatforms } from "../platforms/platforms";
import { useSchedules } from "../schedules/schedules";

const route = getRouteApi("/admin/overrides/$id");
const ONE = "/api/v1/OverridePolicy/{overridePolicyId}";
const MEMBERS = `${ONE}/Member` as const;
const CANDIDATES = "/api/locum/v1/OverridePolicy/{overridePolicyId}/Candidate";
const SHOWN = 20;

const FRESH = {
  name: "",
  description: "",
  type: 0,
  platformId: null as string | null,
  rotateScheduleId: null as string | null,
  verifyScheduleId: null as string | null,
};
type Fresh = typeof FRESH;

function draftOf(row: Model<"OverridePolicy">): Fresh {
  const { name, description, type, platformId, rotateScheduleId, verifyScheduleId } = row;
  return { name, description: description ?? "", type, platformId, rotateScheduleId, verifyScheduleId };
}

const of = (overridePolicyId: string) => ({ path: { overridePolicyId } });

const WAY: Way<Fresh> = {
  list: "overrides",
  one: "override",
  at: "/admin/overrides",
  fresh: FRESH,
  get: async (id) => draftOf(await answer(api.GET(ONE, { params: of(id) }))),
  save: (id, value) => {
    const body = value as Given<"OverridePolicyIn">;
    return answer(id ? api.PUT(ONE, { params: of(id), body }) : api.POST("/api/v1/OverridePolicy", { body }));
  },
  remove: (id) => answer(api.DELETE(ONE, { params: of(id) })),
};

export default function OverridePage() {
  const { id } = route.useParams();
  const { overrides } = useAdminWords();
  return (
    <OneThing id={id} way={WAY} words={overrides} more={(saved, { type }) => <Under id={saved} type={type} />}>
      {(draft, isNew) => <Fields draft={draft} isNew={isNew} />}
    </OneThing>
  );
}

function Fields({ draft, isNew }: { draft: Draft<Fresh>; isNew: boolean }) {
  const { form, overrides } = useAdminWords();
  const platforms = usePlatforms();
  const schedules = useSchedules();
  return (
    <>
      <TextInput label={form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={form.description} maxLength={1000} autosize {...draft.text("description")} />
      <NativeSelect
        label={overrides.type}
        description={overrides.stays}
        disabled={!isNew}
        data={numbered(overrides.types)}
        {...draft.choice("type")}
      />
      <NativeSelect
        label={overrides.platform}
        description={overrides.stays}
        disabled={!isNew}
        required
        data={things(form.choose, platforms.data)}
        {...draft.option("platformId")}
      />
      <NativeSelect
        label={overrides.rotation}
        data={things(overrides.ofPlatform, schedules.data)}
        {...draft.option("rotateScheduleId")}
      />
      <NativeSelect
        label={overrides.verification}
        data={things(overrides.ofPlatform, schedules.data)}
        {...draft.option("verifyScheduleId")}
      />
    </>
  );
}

function Under({ id, type }: { id: string; type: number }) {
  const { overrides } = useAdminWords();
  const params = of(id);
  return (
    <Members
      title={overrides.members[type] ?? ""}
      intro={overrides.membersHint}
      of={["under", id]}
      list={async (query) => told(await answer(api.GET(MEMBERS, { params: { ...params, query } })))}
      candidates={async (text) => {
        const query = { filterText: text || undefined, skip: 0, take: SHOWN };
        return told(await answer(api.GET(CANDIDATES, { params: { ...params, query } }))).rows;
      }}
      add={(ids) => answer(api.POST(MEMBERS, { params, body: ids }))}
      remove={(one) => answer(api.POST(`${MEMBERS}/DeleteMultiple`, { params, body: [one] }))}
      empty={overrides.nobody}
    />
  );
}

/** A login as people write it. */
function told(found: Model<"Table_MemberView">) {
  const rows = (found.data ?? []).map((row) => ({
    id: row.id,
    name: row.domain ? `${row.domain}\\${row.name}` : row.name,
  }));
  return { rows, total: found.recordsTotal };
}
