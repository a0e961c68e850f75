/** A short list, or one page of a longer one. On narrow screens each row is a card. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Loaded, Pages } from "./Loaded";

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
        <Head columns={props.columns} />
        <Table.Tbody>
          {rows?.map((row) => (
            <Table.Tr key={props.keyOf(row)}>
              <Cells columns={props.columns} row={row} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {onPage && <Pages page={page} total={total} onPage={onPage} />}
    </Loaded>
  );
}

/** The columns' names; with `index`, as that row of a table of which not all rows are there. */
export function Head<Row>({ columns, index }: { columns: Column<Row>[]; index?: number }) {
  return (
    <Table.Thead>
      <Table.Tr aria-rowindex={index}>
        {columns.map((column) => (
          <Table.Th key={column.key} scope="col">
            {column.label}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}

export function Cells<Row>({ columns, row }: { columns: Column<Row>[]; row: Row }) {
  return columns.map((column) => (
    <Table.Td key={column.key} data-label={column.label}>
      {column.show(row)}
    </Table.Td>
  ));
}
