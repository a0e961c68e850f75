/** One page of a list that the server pages. On narrow screens each row is a card. */
import { Group, Pagination, Skeleton, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "../words";
import { Empty } from "./Page";
import { ROWS } from "./paged";
import { Trouble } from "./Trouble";

export type Column<Row> = { key: string; label: string; show: (row: Row) => ReactNode };

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | null | undefined;
  keyOf: (row: Row) => string;
  total?: number;
  page?: number;
  onPage?: (page: number) => void;
  error?: unknown;
  onRetry?: () => void;
  isStale?: boolean;
  empty: string;
};

export function Listing<Row>(props: Props<Row>) {
  const { rows, page = 1, total = 0, onPage } = props;
  return (
    <Loaded {...props}>
      <Table className={props.isStale ? "listing stale" : "listing"} verticalSpacing="sm" highlightOnHover aria-label={props.label}>
        <Table.Thead>
          <Table.Tr>
            {props.columns.map((column) => (
              <Table.Th key={column.key} scope="col">
                {column.label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows?.map((row) => (
            <Table.Tr key={props.keyOf(row)}>
              {props.columns.map((column) => (
                <Table.Td key={column.key} data-label={column.label}>
                  {column.show(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {onPage && <Pages page={page} total={total} onPage={onPage} />}
    </Loaded>
  );
}

/** How many there are, and the way to the other pages. */
export function Pages({ page, total, onPage }: { page: number; total: number; onPage: (page: number) => void }) {
  const words = useWords();
  const pages = Math.ceil(total / ROWS);
  return (
    <Group justify="space-between" mt="md">
      <Text size="sm" c="dimmed">
        {words.shared.total(total)}
      </Text>
      {pages > 1 && (
        <Pagination
          total={pages}
          value={page}
          onChange={onPage}
          size="sm"
          aria-label={words.shared.pages}
          getItemProps={(number) => ({ "aria-label": words.shared.page(number, pages) })}
          getControlProps={(control) => ({ "aria-label": control })}
        />
      )}
    </Group>
  );
}

type Load = {
  rows: unknown[] | null | undefined;
  error?: unknown;
  onRetry?: () => void;
  empty: string;
  hint?: string;
  children: ReactNode;
};

/** A list once it is there; before, or in its place: that it is asked for, what went wrong, that there is nothing. */
export function Loaded({ rows, error, onRetry, empty, hint, children }: Load) {
  if (error) return <Trouble error={error} onRetry={onRetry} />;
  if (!rows) return <Waiting />;
  if (rows.length === 0) return <Empty title={empty} hint={hint} />;
  return children;
}

function Waiting() {
  const words = useWords();
  return (
    <div role="status" aria-label={words.shared.loading}>
      {[0, 1, 2, 3, 4].map((line) => (
        <Skeleton key={line} height={44} mb="xs" radius="md" />
      ))}
    </div>
  );
}
