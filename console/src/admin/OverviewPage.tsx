/** What an administrator should look at, and what goes on. */
import { Alert, Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { answer, api, type Model } from "../shared/api";
import { useInterval } from "../shared/attention";
import { when } from "../shared/format";
import { Loaded } from "../shared/Loaded";
import { Page } from "../shared/Page";
import { whole } from "../shared/paged";
import { useWords } from "../words";
import { Figures } from "./Figures";

type Concerns = Model<"Concerns">;
type Concern = Model<"Concern">;
const REFRESH_MS = 15_000;
const WAITS = -1;
const ACTIVE = 1;

export default function OverviewPage() {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const attention = useQuery({
    queryKey: ["attention"],
    queryFn: () => answer(api.GET("/api/locum/v1/Attention")),
    refetchInterval: interval,
    refetchOnMount: "always",
  });
  const isWell = attention.data?.every((kind) => kind.total === 0);
  return (
    <Page title={words.overview.title} intro={words.overview.intro}>
      <Stack gap="lg">
        <FirstLead />
        <ul className="tiles">
          <SessionTile status={ACTIVE} label={words.overview.active} tab="live" />
          <SessionTile status={WAITS} label={words.overview.waiting} />
          <AuditTile />
        </ul>
        <Figures />
        <Loaded {...whole(attention)} empty={words.overview.well}>
          {isWell && (
            <Alert color="green" variant="light" title={words.overview.well}>
              {words.overview.wellHint}
            </Alert>
          )}
          <div className="halves">
            {attention.data?.map((kind) => (
              <KindCard key={kind.kind} concerns={kind} />
            ))}
          </div>
        </Loaded>
      </Stack>
    </Page>
  );
}

/** The way to the first steps, while there is nothing that a session could be on. */
function FirstLead() {
  const words = useWords();
  const resources = useQuery({
    queryKey: ["resources", "any"],
    queryFn: () => answer(api.GET("/api/v1/ManagedResource/Search", { params: { query: { take: 1, skip: 0 } } })),
  });
  if (resources.data?.recordsTotal !== 0) return null;
  return (
    <Alert color="blue" variant="light" title={words.first.lead}>
      <Group justify="space-between">
        {words.first.leadText}
        <Button component={Link} to="/admin/start">
          {words.first.begin}
        </Button>
      </Group>
    </Alert>
  );
}

function SessionTile({ status, label, tab }: { status: -1 | 1; label: string; tab?: "live" }) {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const count = useQuery({
    queryKey: ["count", status],
    queryFn: () =>
      answer(
        api.GET("/api/v1/ActivitySession/SummaryByStatus/{status}", {
          params: { path: { status }, query: { take: 0, skip: 0 } },
        }),
      ),
    refetchInterval: interval,
  });
  return (
    <Tile label={label}>
      {tab ? (
        <Anchor component={Link} to="/history" search={{ tab } as never} inherit>
          {count.data?.recordsTotal.toLocaleString(words.locale) ?? words.shared.none}
        </Anchor>
      ) : (
        (count.data?.recordsTotal.toLocaleString(words.locale) ?? words.shared.none)
      )}
    </Tile>
  );
}

function AuditTile() {
  const words = useWords();
  const state = useQuery({
    queryKey: ["audit", "state"],
    queryFn: () => answer(api.GET("/api/locum/v1/AuditEvent/State")),
  });
  return (
    <Tile label={words.overview.sealed}>
      <Anchor component={Link} to="/audit" inherit>
        {state.data?.sealed.toLocaleString(words.locale) ?? words.shared.none}
      </Anchor>
    </Tile>
  );
}

function Tile({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Paper component="li" withBorder p="lg" radius="lg" className="raised">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fw={650} className="figure digits">
        {children}
      </Text>
    </Paper>
  );
}

function KindCard({ concerns }: { concerns: Concerns }) {
  const words = useWords();
  const { kind, total, first } = concerns;
  const named = words.overview.kinds[kind];
  const more = total - first.length;
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby={kind}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} size="h4" id={kind}>
          {named?.title ?? kind}
        </Title>
        <Badge color={total ? "red" : "green"} variant="light" size="lg" tt="none" className="firm">
          {total ? total.toLocaleString(words.locale) : words.overview.none}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" mb={total ? "sm" : 0}>
        {named?.hint}
      </Text>
      <ul className="concerns">
        {first.map((concern, place) => (
          <li key={`${concern.id} ${place}`}>
            <Row kind={kind} concern={concern} />
          </li>
        ))}
      </ul>
      {more > 0 && (
        <Text size="sm" c="dimmed" mt="sm">
          {words.overview.more(more)}
        </Text>
      )}
    </Paper>
  );
}

function Row({ kind, concern }: { kind: string; concern: Concern }) {
  const words = useWords();
  const at = when(concern.atDateTimeUtc, words.locale);
  return (
    <div className="breaks">
      <Group justify="space-between" gap="xs" align="baseline">
        <span className="breaks">
          <Named kind={kind} concern={concern} />
          {concern.place && ` · ${concern.place}`}
        </span>
        {at && (
          <Text span size="sm" c="dimmed">
            {words.overview.times[kind]?.(at) ?? at}
          </Text>
        )}
      </Group>
      {concern.problem && (
        <Text size="sm" c="dimmed" lineClamp={3}>
          {concern.problem}
        </Text>
      )}
    </div>
  );
}

const PLACES: Record<string, string> = {
  host: "/admin/resources/$id",
  grant: "/sessions/$id",
  credential: "/admin/credentials/$id",
  recording: "/recordings/$id",
  api_key: "/admin/applications/$id",
};

/** The name of what it is about, as a link where it has a page. */
function Named({ kind, concern }: { kind: string; concern: Concern }) {
  const place = PLACES[kind] && { to: PLACES[kind], params: { id: concern.id } };
  if (!place) return <strong>{concern.name}</strong>;
  return (
    <Anchor component={Link} {...(place as object)} fw={600}>
      {concern.name}
    </Anchor>
  );
}
