/** The logins and other secrets that Locum keeps, and how their rotation is. */
import { Anchor, Group, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import type { Column } from "../../shared/Listing";
import { LongListing } from "../../shared/LongListing";
import { Page } from "../../shared/Page";
import { FROM_THE_TOP } from "../../shared/paged";
import { SearchBox } from "../../shared/SearchBox";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { numbered } from "../choices";
import { AddLink } from "../NamedList";
import { loginOf } from "../searches";
import { CredentialPlaces } from "./Places";
import { Verified } from "./Verified";

type Row = Model<"CredentialResult">;
/** Managed, and not managed. */
const FILTERS = [0, 1] as const;
const route = getRouteApi("/admin/credentials");

export default function CredentialsPage() {
  const { q, managed } = route.useSearch();
  const navigate = route.useNavigate();
  const words = useAdminWords();
  const { locale } = useWords();
  const time = (value: string | null) => when(value, locale) ?? "–";
  const columns: Column<Row>[] = [
    {
      key: "login",
      label: words.credentials.login,
      show: (row) => (
        <div className="breaks">
          <Anchor component={Link} to={`/admin/credentials/${row.id}`} fw={600} className="breaks">
            {loginOf(row)}
          </Anchor>
          {row.userName && row.displayName && row.displayName !== row.userName && (
            <Text size="sm" c="dimmed">
              {row.displayName}
            </Text>
          )}
        </div>
      ),
    },
    { key: "resource", label: words.credentials.resource, show: (row) => row.resource ?? "–" },
    { key: "managed", label: words.credentials.managed, show: (row) => words.credentials.managements[row.rotationType] },
    { key: "state", label: words.credentials.verified, show: (row) => <Verified status={row.passwordStatus} /> },
    { key: "changed", label: words.credentials.changed, show: (row) => time(row.lastPasswordChangeDateTimeUtc) },
    { key: "next", label: words.credentials.next, show: (row) => time(row.nextPasswordChangeDateTimeUtc) },
    { key: "dependants", label: words.credentials.dependants, show: (row) => row.dependencyCount },
  ];
  return (
    <Page
      title={words.credentials.title}
      intro={words.credentials.intro}
      aside={
        <Group>
          <SearchBox label={words.credentials.search} />
          <AddLink to="/admin/credentials/new" label={words.credentials.add} />
        </Group>
      }
    >
      <CredentialPlaces />
      <Group mb="md">
        <NativeSelect
          aria-label={words.credentials.filter}
          data={[{ value: "", label: words.credentials.everyOne }, ...numbered(words.credentials.filters)]}
          value={String(managed ?? "")}
          onChange={(event) => {
            const to = event.currentTarget.value;
            void navigate({
              search: (before) => ({ ...before, managed: to === "" ? undefined : Number(to), ...FROM_THE_TOP }),
            });
          }}
        />
      </Group>
      <LongListing
        label={words.credentials.title}
        columns={columns}
        of={["credentials", q, managed]}
        ask={(paging) => {
          const query = { filterText: q, managedFilter: FILTERS.find((one) => one === managed), ...paging };
          return answer(api.GET("/api/v1/Credential/Search", { params: { query } }));
        }}
        keyOf={(row) => row.id}
        empty={q ? words.credentials.nothing : words.credentials.empty}
      />
    </Page>
  );
}
