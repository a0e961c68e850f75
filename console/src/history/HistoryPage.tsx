/** Everybody's sessions: those that run, and those that have ended, which can be searched. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";
import { Listing } from "../shared/Listing";
import { LongListing } from "../shared/LongListing";
import { whole } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { TabbedPage } from "../shared/TabbedPage";
import { columns } from "../sessions/SessionsPage";
import { useWords } from "../words";

const route = getRouteApi("/history");
const ACTIVE = 1;
const REFRESH_MS = 5_000;

export default function HistoryPage() {
  const words = useWords();
  return (
    <TabbedPage
      title={words.history.title}
      intro={words.history.intro}
      aside={<SearchBox label={words.history.search} />}
      tabs={[
        { name: "past", label: words.history.past, show: <Past /> },
        { name: "live", label: words.history.live, show: <Live /> },
      ]}
    />
  );
}

function Past() {
  const words = useWords();
  const { q } = route.useSearch();
  return (
    <LongListing
      label={words.history.past}
      columns={columns(words, "everybody")}
      of={["history", q]}
      ask={(paging) => {
        const query = { filterText: q, ...paging };
        return answer(api.GET("/api/v1/ActivitySession/SummaryByStatus/Historical", { params: { query } }));
      }}
      keyOf={(row) => row.id}
      empty={q ? words.history.nothing : words.history.empty}
    />
  );
}

function Live() {
  const words = useWords();
  const { q } = route.useSearch();
  const interval = useInterval(REFRESH_MS);
  const sessions = useQuery({
    queryKey: ["history", "live", q],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/v1/ActivitySession/SummaryByStatus/{status}", {
          params: { path: { status: ACTIVE }, query: { filterText: q, take: 100, skip: 0 } },
        }),
      ),
    select: (found) => found.data ?? [],
    refetchInterval: interval,
  });
  return (
    <Listing
      label={words.history.live}
      columns={columns(words, "everybody")}
      {...whole(sessions)}
      keyOf={(row) => row.id}
      empty={words.history.nobody}
    />
  );
}
