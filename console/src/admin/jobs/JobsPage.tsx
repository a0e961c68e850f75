/** What Locum works at: jobs of sessions and of credentials, and the steps of sessions on targets. */
import { Anchor, Group, NativeSelect, Switch, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api, type Model } from "../../shared/api";
import { useInterval } from "../../shared/attention";
import { when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { LongListing } from "../../shared/LongListing";
import { FROM_THE_TOP, usePaged } from "../../shared/paged";
import { SearchBox } from "../../shared/SearchBox";
import { TabbedPage } from "../../shared/TabbedPage";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { ActionState, useJobColumns } from "./columns";
import { partOf } from "./QueuePage";

type Queue = Model<"ActionQueueSearchResult">;
const route = getRouteApi("/admin/jobs");
const REFRESH_MS = 5_000;
/** A session's, a change of a secret, one with all that depend on it, a secret put back, a verification. */
const TYPES = [7, 2, 9, 10, 3] as const;

export default function JobsPage() {
  const words = useAdminWords();
  return (
    <TabbedPage
      title={words.jobs.title}
      intro={words.jobs.intro}
      aside={<SearchBox label={words.jobs.search} />}
      tabs={[
        { name: "jobs", label: words.jobs.title, show: <Jobs /> },
        { name: "steps", label: words.jobs.steps, show: <Steps /> },
      ]}
    />
  );
}

function Jobs() {
  const words = useAdminWords();
  const { q, type } = route.useSearch();
  const navigate = route.useNavigate();
  const interval = useInterval(REFRESH_MS);
  const columns = useJobColumns();
  const jobs = usePaged(
    ["jobs", q, type],
    (paging) => {
      const jobType = TYPES.find((one) => one === type);
      return answer(api.GET("/api/locum/v1/ActionJob", { params: { query: { filterText: q, jobType, ...paging } } }));
    },
    interval,
  );
  return (
    <>
      <Group mb="md">
        <NativeSelect
          aria-label={words.jobs.type}
          data={[
            { value: "", label: words.jobs.allTypes },
            ...TYPES.map((one) => ({ value: String(one), label: words.jobs.types[one] ?? "" })),
          ]}
          value={String(type ?? "")}
          onChange={(event) => {
            const to = Number(event.currentTarget.value) || undefined;
            void navigate({ search: (before) => ({ ...before, type: to, ...FROM_THE_TOP }) });
          }}
        />
      </Group>
      <Listing
        label={words.jobs.title}
        columns={columns}
        {...jobs}
        keyOf={(row) => row.id}
        empty={q ? words.form.nothingFound : words.jobs.none}
      />
    </>
  );
}

function Steps() {
  const words = useAdminWords();
  const { locale } = useWords();
  const { q, failing } = route.useSearch();
  const navigate = route.useNavigate();
  const columns: Column<Queue>[] = [
    {
      key: "part",
      label: words.jobs.part,
      show: (row) => (
        <div className="breaks">
          <Anchor component={Link} to={`/admin/queues/${row.id}`} fw={600} className="breaks">
            {partOf(row, words)}
          </Anchor>
          <Text size="sm" c="dimmed">
            {row.statusDescription}
          </Text>
        </div>
      ),
    },
    { key: "state", label: words.jobs.state, show: (row) => <ActionState status={row.status} /> },
    { key: "resource", label: words.credentials.resource, show: (row) => row.managedResourceName ?? "–" },
    { key: "who", label: words.jobs.user, show: (row) => row.managedAccountName ?? "–" },
    { key: "at", label: words.jobs.started, show: (row) => when(row.startTimeUtc, locale) ?? "–" },
  ];
  return (
    <>
      <Switch
        mb="md"
        label={words.jobs.failing}
        checked={failing ?? false}
        onChange={(event) => {
          const to = event.currentTarget.checked || undefined;
          void navigate({ search: (before) => ({ ...before, failing: to, ...FROM_THE_TOP }) });
        }}
      />
      <LongListing
        label={words.jobs.steps}
        columns={columns}
        of={["queues", q, failing]}
        ask={(paging) =>
          answer(api.GET("/api/v1/ActionQueue/Search", { params: { query: { filterText: q, failing, ...paging } } }))
        }
        keyOf={(row) => row.id}
        empty={failing ? words.jobs.nothingFails : q ? words.form.nothingFound : words.jobs.noSteps}
      />
    </>
  );
}
