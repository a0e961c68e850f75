/** What lists ask for and show: a page by its number in the address, or all there is. */
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

/** Whole rows of cards, too. */
export const ROWS = 24;

type Paging = { skip: number; take: number };
type Found<Row> = { data: Row[] | null; recordsTotal: number };

/** One page of a list that the server pages, as `Listing` shows it; the one before stays until it is there. */
export function usePaged<Row>(key: unknown[], ask: (paging: Paging) => Promise<Found<Row>>) {
  const { page = 1 } = useSearch({ strict: false });
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: [...key, page],
    placeholderData: keepPreviousData,
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
