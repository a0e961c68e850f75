/**
 * A list that may be very long, from which the server gives a page at a time. One scrolls through all of it; only the
 * rows that are in view are in the page, and only the pages they are from are asked for. The address has the row at
 * the top, so that links, reload and the back button lead there again.
 */
import { Skeleton, Table } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { hashKey, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, Fragment, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useWords } from "../words";
import { Cells, type Column, Head } from "./Listing";
import { Loaded, Pages } from "./Loaded";
import type { Found, Paging } from "./paged";
import { Trouble } from "./Trouble";

/** How many rows are asked for at once; a list that has no more is shown whole. */
const ASKED = 50;
/** Rows beside those in view that are in the page, too. */
const OVERSCAN = 10;
/** While one scrolls on, what passes by is not asked for. */
const PASSING_MS = 80;
/** Browsers show no page that is much higher; a longer list is in parts, and the pages' buttons lead to all. */
const MOST_PX = 15_000_000;
/** As `console.css` has them. */
const NARROW = "(max-width: 640px)";
const CARD_GAP_PX = 12;
/** What is around the stand-in of a row that is asked for. */
const AWAITED_PX = 24;

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  /** Names the list among the queries: whatever changes its rows is in it. */
  of: unknown[];
  ask: (paging: Paging) => Promise<Found<Row>>;
  keyOf: (row: Row) => string;
  empty: string;
};

function page<Row>({ of, ask }: Pick<Props<Row>, "of" | "ask">, number: number) {
  return { queryKey: [...of, number], queryFn: () => ask({ skip: number * ASKED, take: ASKED }) };
}

const pageOf = (index: number) => Math.floor(index / ASKED);

export function LongListing<Row>(props: Props<Row>) {
  const { locale } = useWords();
  const { row: at = 1 } = useSearch({ strict: false });
  const first = useQuery(page(props, pageOf(at - 1)));
  // The list before stays until another one is there.
  const [shown, setShown] = useState<{ of: unknown[]; name: string; total: number } | null>(null);
  const name = hashKey(props.of);
  const total = first.data?.recordsTotal;
  if (total !== undefined && (shown?.name !== name || shown.total !== total)) setShown({ of: props.of, name, total });
  return (
    <Loaded
      rows={shown && { length: shown.total }}
      error={first.error}
      onRetry={() => void first.refetch()}
      empty={props.empty}
    >
      {shown && (
        <LongTable
          {...props}
          key={`${shown.name} ${locale}`}
          of={shown.of}
          total={shown.total}
          at={Math.min(at, shown.total)}
          isStale={shown.name !== name}
        />
      )}
    </Loaded>
  );
}

type TableProps<Row> = Props<Row> & { total: number; at: number; isStale: boolean };

function LongTable<Row>(props: TableProps<Row>) {
  const { columns, total, at } = props;
  const table = useRef<HTMLTableElement>(null);
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const { widths, usual } = useMeasures(table, isNarrow, total > ASKED ? columns.length : 0);
  const most = Math.floor(MOST_PX / usual / ASKED) * ASKED;
  const start = Math.floor((at - 1) / most) * most;
  const place = usePlace(table, isNarrow);
  const focus = useFocused();
  const rows = useWindowVirtualizer<HTMLTableRowElement>({
    count: Math.min(most, total - start),
    getItemKey: useCallback((index: number) => start + index, [start]),
    estimateSize: () => usual,
    overscan: total > ASKED ? OVERSCAN : ASKED,
    scrollMargin: place.top,
    scrollPaddingStart: place.covered,
    measureElement: (row) => heightOf(row, isNarrow),
    rangeExtractor: focus.kept,
  });
  useLayoutEffect(() => {
    rows.measure();
    for (const row of table.current?.querySelectorAll<HTMLTableRowElement>("tr[data-index]") ?? []) rows.measureElement(row);
  }, [usual, isNarrow]);
  const turn = useTurning(props, start, place, rows);
  const items = rows.getVirtualItems();
  const { rowAt, trouble } = useRows(props, [...new Set(items.map((item) => pageOf(start + item.index)))]);
  const end = (items.at(-1)?.end ?? place.top) - place.top;
  return (
    <>
      <Table
        ref={table}
        className={`listing long ${props.isStale ? "stale" : ""}`}
        layout={widths.length > 0 ? "fixed" : "auto"}
        verticalSpacing="sm"
        highlightOnHover
        aria-label={props.label}
        aria-rowcount={total + 1}
        aria-busy={items.some((item) => !rowAt(start + item.index))}
      >
        <colgroup>
          {widths.map((width, index) => (
            <col key={columns[index]?.key} style={{ width }} />
          ))}
        </colgroup>
        <Head columns={columns} index={1} />
        <Table.Tbody {...focus.handlers}>
          {items.map((item, index) => {
            const row = rowAt(start + item.index);
            return (
              <Fragment key={`${item.index} ${row && props.keyOf(row)}`}>
                <Unshown px={item.start - (items[index - 1]?.end ?? place.top)} columns={columns.length} />
                <Table.Tr ref={rows.measureElement} data-index={item.index} aria-rowindex={start + item.index + 2}>
                  {row ? (
                    <Cells columns={columns} row={row} />
                  ) : (
                    <Table.Td colSpan={columns.length} className="awaited">
                      <Skeleton height={usual - AWAITED_PX} radius="md" />
                    </Table.Td>
                  )}
                </Table.Tr>
              </Fragment>
            );
          })}
          <Unshown px={rows.getTotalSize() - end} columns={columns.length} />
        </Table.Tbody>
      </Table>
      <div className={total > ASKED ? "long-foot" : undefined}>
        <Trouble error={trouble?.error} onRetry={() => void trouble?.refetch()} />
        <Pages page={pageOf(at - 1) + 1} total={total} each={ASKED} onPage={turn} />
      </div>
    </>
  );
}

/** The height of rows that are not in the page. */
function Unshown({ px, columns }: { px: number; columns: number }) {
  if (px < 1) return null;
  return (
    <tr className="unshown" aria-hidden>
      <td colSpan={columns} style={{ height: px }} />
    </tr>
  );
}

/** What is there of the list's rows; of those pages, what is not is asked for. */
function useRows<Row>(props: TableProps<Row>, inView: number[]) {
  const { of, isStale } = props;
  const queries = useQueryClient();
  const [asked, setAsked] = useState([pageOf(props.at - 1)]);
  const name = inView.join();
  useEffect(() => {
    const later = setTimeout(() => setAsked(inView), PASSING_MS);
    return () => clearTimeout(later);
  }, [name]);
  const results = useQueries({ queries: isStale ? [] : asked.map((number) => page(props, number)) });
  const there = new Map<number, Row[]>();
  const rowAt = (index: number): Row | undefined => {
    const number = pageOf(index);
    const rows = there.get(number) ?? queries.getQueryData<Found<Row>>([...of, number])?.data ?? [];
    there.set(number, rows);
    return rows[index % ASKED];
  };
  return { rowAt, trouble: results.find((one) => one.error) };
}

type Place = { top: number; covered: number };

/** Where on the page the rows begin, and how much of what is at its top is covered by what stays there. */
function usePlace(table: RefObject<HTMLTableElement | null>, isNarrow: boolean): Place {
  const [place, setPlace] = useState({ top: 0, covered: 0 });
  useLayoutEffect(() => {
    const look = () => {
      const [head, body] = [table.current?.tHead, table.current?.tBodies[0]];
      if (!head || !body) return;
      const bar = document.querySelector<HTMLElement>(".bar")?.offsetHeight ?? 0;
      const top = Math.round(body.getBoundingClientRect().top + window.scrollY);
      const covered = bar + (isNarrow ? 0 : head.offsetHeight);
      setPlace((before) => (before.top === top && before.covered === covered ? before : { top, covered }));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [table, isNarrow]);
  return place;
}

/** Goes to the row that the address says, and writes there which one is at the top; answers how one turns to a page. */
function useTurning<Row>(
  { at, total }: TableProps<Row>,
  start: number,
  place: Place,
  rows: ReturnType<typeof useWindowVirtualizer<HTMLTableRowElement>>,
) {
  const router = useRouter();
  const navigate = useNavigate();
  const here = useRef({ at: 1, top: 0 });
  const hasMoved = useRef(false);
  useLayoutEffect(() => {
    if (place.top === 0) return;
    const before = here.current;
    here.current = { at, top: place.top };
    // At the top of the list the router knows where one was.
    if (at > 1 && (before.at !== at || before.top !== place.top)) rows.scrollToIndex(at - 1 - start, { align: "start" });
  }, [at, start, place.top]);
  const go = (to: number, replace: boolean) =>
    void navigate({
      to: ".",
      search: (before) => ({ ...before, row: to > 1 ? to : undefined }),
      replace,
      resetScroll: !replace && to === 1,
    });
  useEffect(() => {
    if (rows.isScrolling) hasMoved.current = true;
    else if (hasMoved.current && total > ASKED && !router.state.isLoading) {
      hasMoved.current = false;
      const edge = window.scrollY + place.covered;
      const top = rows.getVirtualItemForOffset(edge);
      // Of a row of which less than half can be seen, the next one is meant.
      const to = Math.min(total, start + (top ? top.index + (edge - top.start > top.size / 2 ? 2 : 1) : 1));
      if (to === here.current.at) return;
      here.current.at = to;
      go(to, true);
    }
  }, [rows.isScrolling]);
  return (to: number) => go((to - 1) * ASKED + 1, false);
}

/** A row with the focus stays in the page, or the focus would be lost when it is scrolled away. */
function useFocused() {
  const focused = useRef<number | null>(null);
  return {
    kept: (range: Range) => {
      const [indexes, one] = [defaultRangeExtractor(range), focused.current];
      if (one === null || one >= range.count || indexes.includes(one)) return indexes;
      return [...indexes, one].sort((a, b) => a - b);
    },
    handlers: {
      onFocus: (event: FocusEvent) => {
        focused.current = Number(event.target.closest("tr")?.dataset.index ?? 0);
      },
      onBlur: () => {
        focused.current = null;
      },
    },
  };
}

/**
 * The columns' widths and the usual height of a row, from the first rows there are: those of other rows would have the
 * columns jump while one scrolls. Without `columns` there is nothing to hold still.
 */
function useMeasures(table: RefObject<HTMLTableElement | null>, isNarrow: boolean, columns: number) {
  const guessed = { isNarrow: !isNarrow, widths: [] as string[], usual: isNarrow ? 30 + 34 * columns : 46 };
  const [found, setFound] = useState(guessed);
  useLayoutEffect(() => {
    if (found.isNarrow === isNarrow || columns === 0) return;
    const rows = [...(table.current?.querySelectorAll<HTMLElement>("tr[data-index]:not(:has(.awaited))") ?? [])];
    if (!table.current || rows.length === 0) return;
    const cells = isNarrow ? [] : [...(table.current.tHead?.rows[0]?.cells ?? [])];
    const whole = table.current.offsetWidth;
    setFound({
      isNarrow,
      widths: cells.map((cell) => `${(100 * cell.offsetWidth) / whole}%`),
      usual: Math.round(rows.reduce((sum, row) => sum + heightOf(row, isNarrow), 0) / rows.length),
    });
  });
  return found;
}

/** As the list has it, with what is between rows. */
function heightOf(row: Element, isNarrow: boolean): number {
  return row.getBoundingClientRect().height + (isNarrow ? CARD_GAP_PX : 0);
}
