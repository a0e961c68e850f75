/** One group: what it is called, and what is in it. */
import { Group as Row, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { DraftForm, useDraft } from "../../shared/draft";
import { Members } from "../../shared/Members";
import { NotFound } from "../../shell/NotFound";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { GraveDeed } from "../Deed";
import { ThingPage } from "../ThingPage";
import { type Group, type GroupKind, isKind, WAYS } from "./groups";

const route = getRouteApi("/admin/groups/$kind/$id");

export default function GroupPage() {
  const { kind, id } = route.useParams();
  return isKind(kind) ? <One key={id} kind={kind} id={id} /> : <NotFound />;
}

function One({ kind, id }: { kind: GroupKind; id: string }) {
  const words = useAdminWords();
  const found = useQuery({ queryKey: ["group", kind, id], queryFn: () => WAYS[kind].one(id) });
  return (
    <ThingPage
      title={found.data?.name ?? words.groups[kind].one}
      intro={words.groups[kind].intro}
      found={found}
      back={{ to: `/admin/groups/${kind}`, label: words.groups[kind].all }}
    >
      {(group) => <Whole kind={kind} group={group} />}
    </ThingPage>
  );
}

function Whole({ kind, group }: { kind: GroupKind; group: Group }) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const way = WAYS[kind];
  const draft = useDraft({ name: group.name ?? "", description: group.description ?? "" });
  return (
    <Stack gap="xl">
      <Card>
        <DraftForm
          draft={draft}
          label={words.form.save}
          save={() => way.change(group.id, draft.value)}
          onSaved={async () => {
            await queries.invalidateQueries({ queryKey: ["groups", kind] });
            await queries.invalidateQueries({ queryKey: ["group", kind, group.id] });
          }}
        >
          <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
          {way.hasDescription && (
            <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
          )}
        </DraftForm>
      </Card>
      <Members
        title={words.groups.members}
        intro={words.groups.atOnce}
        of={["members", kind, group.id]}
        list={async (paging) => {
          const found = await way.inside(group.id, paging);
          const rows = (found.data ?? []).map((one) => ({ id: one.id, name: one.name, about: one.domain }));
          return { rows, total: found.recordsTotal };
        }}
        candidates={way.candidates}
        add={(ids) => way.put(group.id, ids)}
        remove={(one) => way.take(group.id, [one])}
        empty={words.groups.nobody}
      />
      <Row>
        <GraveDeed
          label={words.form.delete}
          title={words.form.deleteTitle(group.name ?? "")}
          text={words.groups.deleteText}
          act={() => way.delete(group.id)}
          then={async () => {
            await queries.invalidateQueries({ queryKey: ["groups", kind] });
            await navigate({ to: "/admin/groups/$kind", params: { kind } });
          }}
        />
      </Row>
    </Stack>
  );
}
