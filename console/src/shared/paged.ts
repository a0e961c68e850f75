/** What lists ask for and show: a page by its number in the address, or all there is. */
import { text } from "./search";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

type Search = Record<string, unknown>;
/** Long lists have the row at the top in `row`; those that are turned page by page have `page`. */
export type ListSearch = { q?: string; page?: number; row?: number };
/** For who looks for something else. */
export const FROM_THE_TOP = { page: undefined, row: undefined };

/** What lists keep in the address; anything else there is dropped. */
export function listSearch(found: Search): ListSearch {
  return { q: text(found.q)?.slice(0, 200), page: later(found.page), row: later(found.row) };
}

/** A number of a page or row; the first is where lists begin anyway. */
function later(found: unknown): number | undefined {
  const number = Number(found);
  return Number.isInteger(number) && number > 1 ? number : undefined;
}

/** Whole rows of cards, too. */
export const ROWS = 24;

export type Paging = { skip: number; take: number };
export type Found<Row> = { data: Row[] | null; recordsTotal: number };

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
