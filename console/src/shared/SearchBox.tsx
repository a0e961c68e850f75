/** A search that goes into the address while one types. */
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { SearchIcon } from "./icons";

type Props = { label: string; value?: string; onSearch: (text: string | undefined) => void };

export function SearchBox({ label, value, onSearch }: Props) {
  const search = useDebouncedCallback((text: string) => onSearch(text || undefined), 250);
  return (
    <TextInput
      type="search"
      className="search"
      aria-label={label}
      placeholder={label}
      leftSection={<SearchIcon size={16} />}
      defaultValue={value ?? ""}
      onChange={(event) => search(event.currentTarget.value)}
    />
  );
}
