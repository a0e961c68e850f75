/** The groups of one kind. */
import { Button, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ask } from "../../me/Ask";
import { useDraft } from "../../shared/draft";
import { NotFound } from "../../shell/NotFound";
import { useAdminWords } from "../../words/admin";
import { CredentialPlaces } from "../credentials/Places";
import { NamedList } from "../NamedList";
import { type GroupKind, isKind, WAYS } from "./groups";
import { ActivityPlaces, PeoplePlaces, ResourcePlaces } from "./Places";

const route = getRouteApi("/admin/groups/$kind");
export const PLACES: Record<GroupKind, () => ReactNode> = {
  people: PeoplePlaces,
  collections: PeoplePlaces,
  resources: ResourcePlaces,
  credentials: CredentialPlaces,
  activities: ActivityPlaces,
};

export default function GroupsPage() {
  const { kind } = route.useParams();
  return isKind(kind) ? <Groups key={kind} kind={kind} /> : <NotFound />;
}

function Groups({ kind }: { kind: GroupKind }) {
  const words = useAdminWords();
  const mine = words.groups[kind];
  const [isMaking, making] = useDisclosure();
  const groups = useQuery({ queryKey: ["groups", kind], queryFn: WAYS[kind].list });
  const Places = PLACES[kind];
  return (
    <>
      <NamedList
        title={mine.title}
        intro={mine.intro}
        search={words.form.searchIn(mine.title)}
        empty={mine.empty}
        found={groups}
        at={`/admin/groups/${kind}`}
        add={<Button onClick={making.open}>{mine.add}</Button>}
        places={<Places />}
      />
      {isMaking && <NewGroup kind={kind} onGone={making.close} />}
    </>
  );
}

function NewGroup({ kind, onGone }: { kind: GroupKind; onGone: () => void }) {
  const words = useAdminWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const draft = useDraft({ name: "", description: "" });
  async function make() {
    const made = await WAYS[kind].make(draft.value);
    await queries.invalidateQueries({ queryKey: ["groups", kind] });
    await navigate({ to: "/admin/groups/$kind/$id", params: { kind, id: made.id } });
  }
  return (
    <Ask title={words.groups[kind].add} label={words.groups[kind].add} act={make} onGone={onGone}>
      <TextInput label={words.form.name} required maxLength={256} data-autofocus {...draft.text("name")} />
      {WAYS[kind].hasDescription && (
        <Textarea label={words.form.description} maxLength={1000} autosize {...draft.text("description")} />
      )}
    </Ask>
  );
}
