/** What sessions can be on. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { type Column, Listing, ROWS } from "../shared/Listing";
import { Page } from "../shared/Page";
import { SearchBox } from "../shared/SearchBox";
import { useWords } from "../words";

type Resource = Model<"ManagedResourceView">;
const route = getRouteApi("/admin/resources");

export default function ResourcesPage() {
  const words = useWords();
  const { q, page = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const resources = useQuery({
    queryKey: ["resources", q, page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/v1/ManagedResource/Search", {
          params: { query: { filterText: q, skip: (page - 1) * ROWS, take: ROWS } },
        }),
      ),
  });
  const columns: Column<Resource>[] = [
    { key: "name", label: words.resources.name, show: (row) => <strong className="breaks">{row.displayName ?? row.name}</strong> },
    { key: "platform", label: words.resources.platform, show: (row) => row.platformName ?? words.shared.none },
    {
      key: "address",
      label: words.resources.address,
      show: (row) => row.dnsHostName || row.ipAddress || words.shared.none,
    },
    { key: "account", label: words.resources.account, show: (row) => row.saUsername ?? row.saName ?? words.shared.none },
    { key: "policies", label: words.resources.policies, show: (row) => row.accessPolicyCount },
    { key: "sessions", label: words.resources.sessions, show: (row) => row.activeSessionCount },
  ];
  return (
    <Page
      title={words.resources.title}
      intro={words.resources.intro}
      aside={
        <SearchBox
          label={words.resources.search}
          value={q}
          onSearch={(text) => void navigate({ search: { q: text }, replace: true })}
        />
      }
    >
      <Listing
        label={words.resources.title}
        columns={columns}
        rows={resources.data?.data}
        keyOf={(row) => row.id}
        total={resources.data?.recordsTotal}
        page={page}
        onPage={(to) => void navigate({ search: { q, page: to > 1 ? to : undefined } })}
        error={resources.error}
        onRetry={() => void resources.refetch()}
        isStale={resources.isPlaceholderData}
        empty={q ? words.resources.nothing : words.resources.empty}
      />
    </Page>
  );
}
