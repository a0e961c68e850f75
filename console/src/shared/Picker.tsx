/** Choosing things by a part of their name, which the server looks for. */
import { Loader, MultiSelect, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAdminWords } from "../words/admin";

export type Named = { id: string; name: string };
/** The first things whose names hold the text. */
export type Search = (text: string) => Promise<Named[]>;

type Props = { label: string; hint?: string; required?: boolean; of: string; search: Search };

function useFound(of: string, search: Search, typed: string) {
  const [text] = useDebouncedValue(typed, 250);
  return useQuery({
    queryKey: ["pick", of, text],
    queryFn: () => search(text),
    placeholderData: keepPreviousData,
  });
}

/** The chosen ones stay among the options, whatever is looked for. */
function options(found: Named[] | undefined, chosen: Named[]) {
  const all = new Map([...chosen, ...(found ?? [])].reverse().map((one) => [one.id, one.name]));
  return [...all].reverse().map(([value, label]) => ({ value, label }));
}

export function PickMany(props: Props & { value: Named[]; onChange: (to: Named[]) => void }) {
  const words = useAdminWords();
  const [typed, setTyped] = useState("");
  const found = useFound(props.of, props.search, typed);
  const known = options(found.data, props.value);
  return (
    <MultiSelect
      label={props.label}
      description={props.hint}
      required={props.required}
      searchable
      hidePickedOptions
      comboboxProps={{ withinPortal: false }}
      nothingFoundMessage={words.form.nothingFound}
      rightSection={found.isFetching ? <Loader size={16} /> : undefined}
      filter={({ options: all }) => all}
      searchValue={typed}
      onSearchChange={setTyped}
      data={known}
      value={props.value.map((one) => one.id)}
      onChange={(ids) =>
        props.onChange(ids.map((id) => ({ id, name: known.find((one) => one.value === id)?.label ?? id })))
      }
    />
  );
}

export function PickOne(props: Props & { value: Named | null; onChange: (to: Named | null) => void }) {
  const words = useAdminWords();
  const [typed, setTyped] = useState(props.value?.name ?? "");
  const found = useFound(props.of, props.search, typed === props.value?.name ? "" : typed);
  const known = options(found.data, props.value ? [props.value] : []);
  return (
    <Select
      label={props.label}
      description={props.hint}
      required={props.required}
      searchable
      clearable={!props.required}
      clearButtonProps={{ "aria-label": words.form.clear }}
      comboboxProps={{ withinPortal: false }}
      nothingFoundMessage={words.form.nothingFound}
      rightSection={found.isFetching ? <Loader size={16} /> : undefined}
      filter={({ options: all }) => all}
      searchValue={typed}
      onSearchChange={setTyped}
      data={known}
      value={props.value?.id ?? null}
      onChange={(id, option) => props.onChange(id && option ? { id, name: option.label } : null)}
    />
  );
}
