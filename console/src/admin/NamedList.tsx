/** A list of named things that comes whole from the server: each leads to its page, and one can add another. */
import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Column, Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { holding, whole } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { useAdminWords } from "../words/admin";

type Thing = { id: string; name: string | null; description?: string | null };

type Props<Row> = {
  title: string;
  intro: string;
  search: string;
  empty: string;
  found: UseQueryResult<Row[]>;
  columns?: Column<Row>[];
  /** Under which address each has its page, by its id. */
  at: string;
  /** What adds one, beside the search. */
  add?: ReactNode;
  places: ReactNode;
};

export function NamedList<Row extends Thing>(props: Props<Row>) {
  const words = useAdminWords();
  const { q } = useSearch({ strict: false });
  const columns: Column<Row>[] = [
    { key: "name", label: words.form.name, show: (row) => <ThingLink at={props.at} thing={row} /> },
    ...(props.columns ?? []),
  ];
  return (
    <Page
      title={props.title}
      intro={props.intro}
      aside={
        <Group>
          <SearchBox label={props.search} />
          {props.add}
        </Group>
      }
    >
      {props.places}
      <Listing
        label={props.title}
        columns={columns}
        {...whole(props.found)}
        rows={holding(props.found.data, q, (row) => `${row.name} ${row.description ?? ""}`)}
        keyOf={(row) => row.id}
        empty={q ? words.form.nothingFound : props.empty}
      />
    </Page>
  );
}

export function ThingLink({ at, thing, badge }: { at: string; thing: Thing; badge?: string }) {
  return (
    <div className="breaks">
      <span className="badges">
        <Anchor component={Link} to={`${at}/${thing.id}`} fw={600} className="breaks">
          {thing.name}
        </Anchor>
        {badge && (
          <Badge variant="light" color="gray" tt="none">
            {badge}
          </Badge>
        )}
      </span>
      {thing.description && (
        <Text size="sm" c="dimmed">
          {thing.description}
        </Text>
      )}
    </div>
  );
}

export function AddLink({ to, label }: { to: string; label: string }) {
  return (
    <Button component={Link} to={to}>
      {label}
    </Button>
  );
}
