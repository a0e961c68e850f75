/** What lists ask for and show: a page by its number in the address, or all there is. */
import { text } from "./search";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

type Search = Record<string, unknown>;
export type ListSearch = { q?: string; page?: number };

/** What lists keep in the address; anything else there is dropped. */
export function listSearch(found: Search): ListSearch {
  const page = Number(found.page);
  return {
    q: text(found.q)?.slice(0, 200),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

/** Whole rows of cards, too. */
export const ROWS = 24;

type Paging = { skip: number; take: number };
type Found<Row> = { data: Row[] | null; recordsTotal: number };

/** One page of a list that the server pages, as `Listing` shows it; the one before stays until it is there. */
export function usePaged<Row>(
  key: unknown[],
  ask: (paging: Paging) => Promise<Found<Row>>,
  refetchInterval: number | false = false,
) {
  const { page = 1 } = useSearch({ strict: false });
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: [...key, page],
    placeholderData: keepPreviousData,
    refetchInterval,
    queryFn: () => ask({ skip: (page - 1) * ROWS, take: ROWS }),
  });
  return {
    ...asked(found),
    rows: found.data?.data,
    total: found.data?.recordsTotal,
    page,
    onPage: (to: number) =>
      void navigate({ to: ".", search: (before) => ({ ...before, page: to > 1 ? to : undefined }) }),
  };
}

/** A list that comes whole, as `Listing` shows it. */
export function whole<Row>(found: UseQueryResult<Row[]>) {
  return { ...asked(found), rows: found.data };
}

function asked(found: UseQueryResult<unknown>) {
  return { error: found.error, onRetry: () => void found.refetch(), isStale: found.isPlaceholderData };
}

/** Those of a list that came whole whose text has what is looked for. */
export function holding<Row>(rows: Row[] | undefined, q: string | undefined, textOf: (row: Row) => string) {
  const sought = q?.toLowerCase();
  return sought ? rows?.filter((row) => textOf(row).toLowerCase().includes(sought)) : rows;
}
