/** A part of a thing's page: a list of what belongs to it, page by page. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Part } from "../me/Part";
import { type Column, Listing } from "../shared/Listing";
import { type Found, type Paging, ROWS } from "../shared/paged";

type Props<Row> = {
  id: string;
  title: string;
  intro: string;
  empty: string;
  columns: Column<Row>[];
  /** Names the list among the queries. */
  of: unknown[];
  ask: (paging: Paging) => Promise<Found<Row>>;
  refetchInterval?: number | false;
};

export function PagedPart<Row extends { id: string | number }>(props: Props<Row>) {
  const { id, title, intro, empty, columns, of, ask, refetchInterval = false } = props;
  const [page, setPage] = useState(1);
  const found = useQuery({
    queryKey: [...of, page],
    placeholderData: keepPreviousData,
    refetchInterval,
    queryFn: () => ask({ skip: (page - 1) * ROWS, take: ROWS }),
  });
  return (
    <Part id={id} title={title} intro={intro}>
      <Listing
        label={title}
        columns={columns}
        rows={found.data?.data}
        total={found.data?.recordsTotal}
        page={page}
        onPage={setPage}
        error={found.error}
        onRetry={() => void found.refetch()}
        keyOf={(row) => String(row.id)}
        empty={empty}
      />
    </Part>
  );
}
