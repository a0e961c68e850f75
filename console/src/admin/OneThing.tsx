/** The page of one thing with a name, or of a new one: its form, what goes with it, and its end. */
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type Draft, DraftForm, useDraft } from "../shared/draft";
import { useAdminWords } from "../words/admin";
import { Card } from "./Card";
import { type Kind, ThingEnd, useSaved } from "./ThingEnd";
import { ThingPage } from "./ThingPage";

/** How things of one kind are asked for and kept, as their form has them. */
export type Way<T> = Kind & {
  /** What a new one begins with; without it there are none but copies. */
  fresh?: T;
  get: (id: string) => Promise<T>;
  /** Without an id it makes one. */
  save: (id: string | null, value: T) => Promise<{ id: string }>;
  /** Makes one like it, under another name. */
  copy?: (id: string, saved: T, name: string) => Promise<{ id: string }>;
  remove: (id: string) => Promise<unknown>;
};

type Said = { add?: string; one: string; all: string; intro: string; deleteText: string };

type Props<T> = {
  id: string;
  way: Way<T>;
  words: Said;
  /** What it is called, where that is not its name as it is saved. */
  called?: (saved: T) => string;
  /** Whether it came with Locum: such a one is not deleted. */
  isBuiltIn?: (saved: T) => boolean;
  /** What stands in place of the form of one that came with Locum, where it can't be changed. */
  builtIn?: (saved: T) => ReactNode;
  /** What goes with one that is saved. */
  more?: (id: string, saved: T) => ReactNode;
  /** The fields of the form. */
  children: (draft: Draft<T>, isNew: boolean) => ReactNode;
};

export function OneThing<T extends { name: string }>(props: Props<T>) {
  const { id, way, words, called } = props;
  const isNew = id === "new" && way.fresh !== undefined;
  const found = useQuery({
    queryKey: [way.one, id],
    queryFn: async () => (isNew && way.fresh ? way.fresh : await way.get(id)),
  });
  const name = found.data && (called?.(found.data) ?? found.data.name);
  return (
    <ThingPage
      title={isNew ? (words.add ?? "") : name || words.one}
      intro={words.intro}
      found={found}
      back={{ to: way.at, label: words.all }}
    >
      {(saved) => <Whole key={id} {...props} saved={saved} savedId={isNew ? null : id} />}
    </ThingPage>
  );
}

type WholeProps<T> = Props<T> & { saved: T; savedId: string | null };

function Whole<T extends { name: string }>(props: WholeProps<T>) {
  const { way, words, saved, savedId, builtIn, more, children } = props;
  const stays = props.isBuiltIn?.(saved) ?? false;
  const { copy } = way;
  return (
    <Stack gap="xl">
      <Card>
        {stays && builtIn ? (
          builtIn(saved)
        ) : (
          <Form way={way} saved={saved} savedId={savedId}>
            {(draft) => children(draft, savedId === null)}
          </Form>
        )}
      </Card>
      {savedId && more?.(savedId, saved)}
      {savedId && (copy || !stays) && (
        <ThingEnd
          kind={way}
          name={saved.name}
          copy={copy && ((name) => copy(savedId, saved, name))}
          remove={stays ? undefined : () => way.remove(savedId)}
          text={words.deleteText}
        />
      )}
    </Stack>
  );
}

type FormProps<T> = { way: Way<T>; saved: T; savedId: string | null; children: (draft: Draft<T>) => ReactNode };

function Form<T>({ way, saved, savedId, children }: FormProps<T>) {
  const words = useAdminWords();
  const onSaved = useSaved(way, savedId);
  const draft = useDraft(saved);
  return (
    <DraftForm draft={draft} label={words.form.save} save={() => way.save(savedId, draft.value)} onSaved={onSaved}>
      {children(draft)}
    </DraftForm>
  );
}
