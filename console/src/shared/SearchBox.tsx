/** A search that goes into the address while one types, and starts at the first page again. */
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { SearchIcon } from "./icons";
import { FROM_THE_TOP } from "./paged";

export function SearchBox({ label }: { label: string }) {
  const { q } = useSearch({ strict: false });
  const navigate = useNavigate();
  const search = useDebouncedCallback(
    (text: string) =>
      void navigate({
        to: ".",
        search: (before) => ({ ...before, q: text || undefined, ...FROM_THE_TOP }),
        replace: true,
      }),
    250,
  );
  return (
    <TextInput
      type="search"
      className="search"
      aria-label={label}
      placeholder={label}
      leftSection={<SearchIcon size={16} />}
      defaultValue={q ?? ""}
      onChange={(event) => search(event.currentTarget.value)}
    />
  );
}
