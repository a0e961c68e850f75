/** One page of a list that the server pages. On narrow screens each row is a card. */
import { Group, Pagination, Skeleton, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "../words";
import { Empty } from "./Page";
import { Trouble } from "./Trouble";

export const ROWS = 25;

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
  empty: ReactNode;
};

export function Listing<Row>(props: Props<Row>) {
  const words = useWords();
  const { rows, page = 1, total = 0 } = props;
  if (props.error) return <Trouble error={props.error} onRetry={props.onRetry} />;
  if (!rows) return <Waiting />;
  if (rows.length === 0) return typeof props.empty === "string" ? <Empty title={props.empty} /> : props.empty;
  const pages = Math.max(1, Math.ceil(total / ROWS));
  return (
    <>
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
          {rows.map((row) => (
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
      {props.onPage && (
        <Group justify="space-between" mt="md">
          <Text size="sm" c="dimmed">
            {words.shared.total(total)}
          </Text>
          {pages > 1 && (
            <Pagination
              total={pages}
              value={page}
              onChange={props.onPage}
              size="sm"
              aria-label={words.shared.pages}
              getItemProps={(number) => ({ "aria-label": words.shared.page(number, pages) })}
              getControlProps={(control) => ({ "aria-label": control })}
            />
          )}
        </Group>
      )}
    </>
  );
}

export function Waiting() {
  const words = useWords();
  return (
    <div role="status" aria-label={words.shared.loading}>
      {[0, 1, 2, 3, 4].map((line) => (
        <Skeleton key={line} height={44} mb="xs" radius="md" />
      ))}
    </div>
  );
}
