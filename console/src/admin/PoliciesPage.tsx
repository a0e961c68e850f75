/** The access policies, and why somebody may or may not. */
import { Badge, Group, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { type Column, Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { holding, whole } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { useWords } from "../words";
import { useAdminWords } from "../words/admin";
import { Explain } from "./Explain";
import { AddLink, ThingLink } from "./NamedList";

type Policy = Model<"SimpleAccessControlPolicy">;
const route = getRouteApi("/admin/policies");

export default function PoliciesPage() {
  const words = useWords();
  const more = useAdminWords().policies;
  const { q, state } = route.useSearch();
  const navigate = route.useNavigate();
  const policies = useQuery({
    queryKey: ["policies", state],
    queryFn: () => {
      const query = { isDisabled: state === "disabled" || undefined, isDeleted: state === "deleted" || undefined };
      return answer(api.GET("/api/v1/AccessControlPolicy", { params: { query } }));
    },
  });
  const count = (ids: string[] | null) => ids?.length ?? 0;
  const columns: Column<Policy>[] = [
    {
      key: "name",
      label: words.policies.name,
      show: (row) => <ThingLink at="/admin/policies" thing={row} />,
    },
    { key: "priority", label: words.policies.priority, show: (row) => row.priority },
    {
      key: "people",
      label: words.policies.people,
      show: (row) => count(row.managedAccountIds) + count(row.managedAccountGroupIds),
    },
    {
      key: "activities",
      label: words.policies.activities,
      show: (row) => count(row.activityIds) + count(row.activityGroupIds),
    },
    {
      key: "things",
      label: words.policies.things,
      show: (row) => count(row.managedResourceIds) + count(row.managedResourceGroupIds) + count(row.credentialIds),
    },
    {
      key: "asks",
      label: words.policies.asks,
      show: (row) => (
        <span className="badges">
          {row.approvalTypeRequired === 2 && <Badge color="yellow" variant="light" tt="none">{words.policies.approval}</Badge>}
          {row.notesRequired && <Badge color="gray" variant="light" tt="none">{words.access.note}</Badge>}
          {row.ticketRequired && <Badge color="gray" variant="light" tt="none">{words.access.ticket}</Badge>}
        </span>
      ),
    },
  ];
  return (
    <Page
      title={words.policies.title}
      intro={words.policies.intro}
      aside={<AddLink to="/admin/policies/new" label={more.add} />}
    >
      <Explain />
      <Group mb="md">
        <NativeSelect
          aria-label={more.state}
          data={Object.entries(more.states).map(([value, label]) => ({ value, label }))}
          value={state ?? "active"}
          onChange={(event) => {
            const to = event.currentTarget.value;
            void navigate({ search: { q, state: to === "disabled" || to === "deleted" ? to : undefined } });
          }}
        />
        <SearchBox label={more.search} />
      </Group>
      <Listing
        label={words.policies.title}
        columns={columns}
        {...whole(policies)}
        rows={holding(policies.data, q, (row) => `${row.name} ${row.description ?? ""}`)}
        keyOf={(row) => row.id}
        empty={q || state ? more.nothing : words.policies.empty}
      />
    </Page>
  );
}
