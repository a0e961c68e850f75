/** What sessions can be on. */
import { Group } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import type { Column } from "../shared/Listing";
import { LongListing } from "../shared/LongListing";
import { Page } from "../shared/Page";
import { SearchBox } from "../shared/SearchBox";
import { useWords } from "../words";
import { useAdminWords } from "../words/admin";
import { AddLink, ThingLink } from "./NamedList";
import { ResourcePlaces } from "./people/Places";

type Resource = Model<"ManagedResourceView">;
const route = getRouteApi("/admin/resources");

export default function ResourcesPage() {
  const words = useWords();
  const { add } = useAdminWords().resources;
  const { q } = route.useSearch();
  const columns: Column<Resource>[] = [
    { key: "name", label: words.resources.name, show: (row) => <ThingLink at="/admin/resources" thing={row} /> },
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
        <Group>
          <SearchBox label={words.resources.search} />
          <AddLink to="/admin/resources/new" label={add} />
        </Group>
      }
    >
      <ResourcePlaces />
      <LongListing
        label={words.resources.title}
        columns={columns}
        of={["resources", q]}
        ask={(paging) =>
          answer(api.GET("/api/v1/ManagedResource/Search", { params: { query: { filterText: q, ...paging } } }))
        }
        keyOf={(row) => row.id}
        empty={q ? words.resources.nothing : words.resources.empty}
      />
    </Page>
  );
}
