/** What is in something: a page of it, found by name, with a way in and out that counts at once. */
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Ask } from "../me/Ask";
import { Part } from "../me/Part";
import { useAdminWords } from "../words/admin";
import { RemoveIcon, SearchIcon } from "./icons";
import { Loaded, Pages } from "./Loaded";
import { ROWS } from "./paged";
import { type Named, PickMany, type Search } from "./Picker";
import { Trouble } from "./Trouble";

export type Member = Named & { about?: string };
type Paging = { skip: number; take: number; filterText?: string };

type Props = {
  title: string;
  intro: string;
  /** Names the list among the queries. */
  of: unknown[];
  list: (paging: Paging) => Promise<{ rows: Member[]; total: number }>;
  candidates: Search;
  /** Without them it is a list to look at. */
  add?: (ids: string[]) => Promise<unknown>;
  remove?: (id: string) => Promise<unknown>;
  empty: string;
};

export function Members({ title, intro, of, list, candidates, add, remove, empty }: Props) {
  const words = useAdminWords();
  const id = useId();
  const queries = useQueryClient();
  const [page, setPage] = useState(1);
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed, 250);
  const [isAdding, adding] = useDisclosure();
  const [chosen, setChosen] = useState<Named[]>([]);
  const found = useQuery({
    queryKey: [...of, text, page],
    placeholderData: keepPreviousData,
    queryFn: () => list({ skip: (page - 1) * ROWS, take: ROWS, filterText: text || undefined }),
  });
  const renew = async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: of }),
      queries.invalidateQueries({ queryKey: ["pick", candidatesOf(of)] }),
    ]);
  };
  const removing = useMutation({ mutationFn: (one: string) => remove?.(one) ?? Promise.resolve(), onSuccess: renew });
  const total = found.data?.total ?? 0;
  return (
    <Part
      id={id}
      title={title}
      intro={intro}
      aside={
        add && (
          <Button variant="default" onClick={adding.open} aria-label={words.form.addTo(title)}>
            {words.form.add}
          </Button>
        )
      }
    >
      <Stack gap="xs">
        {(total > ROWS || typed) && (
          <TextInput
            type="search"
            aria-label={words.form.searchIn(title)}
            placeholder={words.form.searchIn(title)}
            leftSection={<SearchIcon size={16} />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setPage(1);
            }}
          />
        )}
        <Trouble error={removing.error} />
        <Loaded
          rows={found.data?.rows}
          error={found.error}
          onRetry={() => void found.refetch()}
          empty={text ? words.form.nothingFound : empty}
        >
          <ul className="members" aria-label={title}>
            {found.data?.rows.map((one) => (
              <li key={one.id}>
                <Group justify="space-between" wrap="nowrap" gap="xs">
                  <span className="breaks">
                    {one.name}{" "}
                    {one.about && (
                      <Text span size="sm" c="dimmed">
                        {one.about}
                      </Text>
                    )}
                  </span>
                  {remove && (
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={words.form.removeOf(one.name)}
                      loading={removing.isPending && removing.variables === one.id}
                      onClick={() => removing.mutate(one.id)}
                    >
                      <RemoveIcon size={16} />
                    </ActionIcon>
                  )}
                </Group>
              </li>
            ))}
          </ul>
          {total > ROWS && <Pages page={page} total={total} onPage={setPage} />}
        </Loaded>
      </Stack>
      {isAdding && add && (
        <Ask
          title={words.form.addTo(title)}
          label={words.form.add}
          onGone={() => {
            adding.close();
            setChosen([]);
          }}
          act={async () => {
            await add(chosen.map((one) => one.id));
            await renew();
          }}
        >
          <PickMany
            label={title}
            required={chosen.length === 0}
            of={candidatesOf(of)}
            search={candidates}
            value={chosen}
            onChange={setChosen}
          />
        </Ask>
      )}
    </Part>
  );
}

function candidatesOf(of: unknown[]): string {
  return of.join(" ");
}
