/** The audit log: who did what, and how far it is sealed and signed. */
import { Alert, Badge, Code, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api, type Model } from "../shared/api";
import { useInterval } from "../shared/attention";
import { dayStart, exactly, when } from "../shared/format";
import type { Column } from "../shared/Listing";
import { LongListing } from "../shared/LongListing";
import { Page } from "../shared/Page";
import { FROM_THE_TOP } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { Trouble } from "../shared/Trouble";
import { useWords, type Words } from "../words";
import { detailsOf, isLate } from "./event";

type Event = Model<"AuditEvent">;
const route = getRouteApi("/audit");
const REFRESH_MS = 10_000;

export default function AuditPage() {
  const words = useWords();
  const { q, troubled, from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const bounds = { startDate: dayStart(from), endDate: dayStart(to, 1) };
  const keep = (more: { troubled?: true; from?: string; to?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...more, ...FROM_THE_TOP }), replace: true });
  return (
    <Page title={words.audit.title} intro={words.audit.intro} aside={<SearchBox label={words.audit.search} />}>
      <Stack gap="md">
        <State />
        <Group gap="lg" align="flex-end">
          <TextInput
            type="date"
            label={words.audit.from}
            max={to}
            value={from ?? ""}
            onChange={(event) => keep({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            label={words.audit.to}
            min={from}
            value={to ?? ""}
            onChange={(event) => keep({ to: event.currentTarget.value || undefined })}
          />
          <Switch
            label={words.audit.troubled}
            checked={troubled ?? false}
            onChange={(event) => keep({ troubled: event.currentTarget.checked || undefined })}
          />
        </Group>
        <div>
          <LongListing
            label={words.audit.title}
            columns={columns(words)}
            of={["audit", q, troubled, from, to]}
            ask={(paging) => {
              const query = { filterText: q, troubled, ...bounds, ...paging };
              return answer(api.GET("/api/locum/v1/AuditEvent", { params: { query } }));
            }}
            keyOf={(row) => String(row.id)}
            empty={q || troubled || from || to ? words.audit.nothing : words.audit.empty}
          />
        </div>
      </Stack>
    </Page>
  );
}

/** Whether all of it is in the chain and signed; that the chain holds takes reading it whole. */
function State() {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const state = useQuery({
    queryKey: ["audit", "state"],
    queryFn: () => answer(api.GET("/api/locum/v1/AuditEvent/State")),
    refetchInterval: interval,
  });
  if (state.error) return <Trouble error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return null;
  const { sealed, signed, signedDateTimeUtc, waiting, waitingSinceDateTimeUtc } = state.data;
  const late = isLate(waitingSinceDateTimeUtc, Date.now());
  return (
    <Alert
      color={late ? "red" : "green"}
      variant="light"
      title={late ? words.audit.late(waiting, when(waitingSinceDateTimeUtc, words.locale) ?? "") : words.audit.sealed(sealed)}
    >
      {words.audit.signed(signed, when(signedDateTimeUtc, words.locale) ?? words.shared.none)}{" "}
      {!late && waiting > 0 && words.audit.waiting(waiting)} {words.audit.verify} <Code>locum audit verify</Code>
    </Alert>
  );
}

function columns(words: Words): Column<Event>[] {
  return [
    { key: "at", label: words.audit.at, show: (row) => exactly(row.atDateTimeUtc, words.locale) },
    {
      key: "who",
      label: words.audit.who,
      show: (row) => (
        <div className="breaks who">
          <strong>{row.actorName}</strong>
          {row.address && (
            <Text size="sm" c="dimmed">
              {row.address}
            </Text>
          )}
        </div>
      ),
    },
    {
      key: "what",
      label: words.audit.what,
      show: (row) => (
        <div className="breaks">
          <span className="badges">
            <Code>{row.action}</Code>
            {row.outcome !== "ok" && (
              <Badge color="red" variant="light" tt="none">
                {words.audit.outcomes[row.outcome] ?? row.outcome}
              </Badge>
            )}
          </span>
          <Text size="sm" c="dimmed">
            {detailsOf(row.detail)
              .map(([key, value]) => `${key}: ${value}`)
              .join(" · ")}
          </Text>
        </div>
      ),
    },
    {
      key: "seal",
      label: words.audit.seal,
      show: (row) => (row.seq === null ? words.audit.waits : <span className="digits">{row.seq}</span>),
    },
  ];
}
