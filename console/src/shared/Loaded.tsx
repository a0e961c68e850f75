/** What stands around every list: that it is asked for, what went wrong, that there is nothing, the way to other pages. */
import { Group, Pagination, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "../words";
import { Empty } from "./Page";
import { ROWS } from "./paged";
import { Trouble } from "./Trouble";

type Load = {
  rows: { length: number } | null | undefined;
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

/** How many there are, and the way to the other pages. */
export function Pages(props: { page: number; total: number; each?: number; onPage: (page: number) => void }) {
  const { page, total, each = ROWS, onPage } = props;
  const words = useWords();
  const pages = Math.ceil(total / each);
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
