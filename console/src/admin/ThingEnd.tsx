/** What can be done with a thing that is saved, and what follows when one was. */
import { Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useAdminWords } from "../words/admin";
import { CopyThing } from "./CopyThing";
import { GraveDeed } from "./Deed";

/** `list` and `one` name the queries of all such things and of a single one. */
export type Kind = { list: string; one: string; at: string };

/** Lists and pages ask anew; of a new thing, its page is gone to. */
export function useSaved({ list, one, at }: Kind, id: string | null) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (made: { id: string }) => {
    await queries.invalidateQueries({ queryKey: [list] });
    if (id) await queries.invalidateQueries({ queryKey: [one, id] });
    else await navigate({ to: `${at}/${made.id}` });
  };
}

type Props = {
  kind: Kind;
  name: string;
  /** Makes one like it under another name, and answers it. */
  copy?: (name: string) => Promise<{ id: string }>;
  /** Without it, it stays. */
  remove?: () => Promise<unknown>;
  /** What deleting it means. */
  text: string;
};

export function ThingEnd({ kind, name, copy, remove, text }: Props) {
  const words = useAdminWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const renew = () => queries.invalidateQueries({ queryKey: [kind.list] });
  return (
    <Group>
      {copy && (
        <CopyThing
          name={name}
          at={kind.at}
          copy={async (to) => {
            const made = await copy(to);
            await renew();
            return made.id;
          }}
        />
      )}
      {remove && (
        <GraveDeed
          label={words.form.delete}
          title={words.form.deleteTitle(name)}
          text={text}
          act={remove}
          then={async () => {
            await renew();
            await navigate({ to: kind.at });
          }}
        />
      )}
    </Group>
  );
}
