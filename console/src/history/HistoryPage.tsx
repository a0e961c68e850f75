/** Everybody's sessions: those that run, and those that have ended, which can be searched. */
import { Tabs } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";
import { Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { usePaged, whole } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { columns } from "../sessions/SessionsPage";
import { useWords } from "../words";

const route = getRouteApi("/history");
const ACTIVE = 1;
const REFRESH_MS = 5_000;

export default function HistoryPage() {
  const words = useWords();
  const { tab, q } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title={words.history.title} intro={words.history.intro} aside={<SearchBox label={words.history.search} />}>
      <Tabs
        value={tab ?? "past"}
        keepMounted={false}
        onChange={(to) => void navigate({ search: { tab: to === "live" ? "live" : undefined, q } })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="past">{words.history.past}</Tabs.Tab>
          <Tabs.Tab value="live">{words.history.live}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="past">
          <Past />
        </Tabs.Panel>
        <Tabs.Panel value="live">
          <Live />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Past() {
  const words = useWords();
  const { q } = route.useSearch();
  const sessions = usePaged(["history", q], (paging) =>
    answer(
      api.GET("/api/v1/ActivitySession/SummaryByStatus/Historical", {
        params: { query: { filterText: q, ...paging } },
      }),
    ),
  );
  return (
    <Listing
      label={words.history.past}
      columns={columns(words, "everybody")}
      {...sessions}
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
