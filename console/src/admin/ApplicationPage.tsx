/** One application and its API keys: issue, replace with an overlap, revoke. A key is shown once, where it is made. */
import { Anchor, Badge, Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Confirm } from "../shared/Confirm";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { Page } from "../shared/Page";
import { useWords } from "../words";
import { useApplications } from "./ApplicationsPage";
import { NewKey } from "./NewKey";

export type Key = Model<"ApiKeyView">;
const route = getRouteApi("/admin/applications/$id");

export default function ApplicationPage() {
  const words = useWords();
  const { id } = route.useParams();
  const applications = useApplications();
  const [isMaking, making] = useDisclosure();
  const [revoked, setRevoked] = useState<Key | null>(null);
  const keys = useQuery({
    queryKey: ["keys", id],
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/Application/{applicationId}/ApiKey", { params: { path: { applicationId: id } } }),
      ),
  });
  const name = applications.data?.find((one) => one.id === id)?.name ?? words.applications.one;
  const time = (value: string | null) => when(value, words.locale) ?? words.shared.none;
  const columns: Column<Key>[] = [
    { key: "name", label: words.keys.name, show: (row) => <strong className="breaks">{row.name || words.keys.unnamed}</strong> },
    {
      key: "state",
      label: words.sessions.status,
      show: (row) => (
        <Badge variant="light" tt="none" color={row.isLive ? "green" : "gray"}>
          {row.isLive ? words.keys.live : words.keys.dead}
        </Badge>
      ),
    },
    { key: "bounds", label: words.keys.bounds, show: (row) => boundsOf(row, words.keys) || words.keys.none },
    { key: "used", label: words.keys.used, show: (row) => `${time(row.lastUsedAt)} · ${row.useCount}` },
    { key: "ends", label: words.keys.expires, show: (row) => time(row.expiresAt) },
    {
      key: "do",
      label: words.keys.actions,
      show: (row) =>
        row.isLive && (
          <Button size="xs" variant="outline" color="red" onClick={() => setRevoked(row)}>
            {words.keys.revoke}
          </Button>
        ),
    },
  ];
  return (
    <Page
      title={name}
      intro={words.keys.intro}
      aside={<Button onClick={making.open}>{words.keys.add}</Button>}
    >
      <Listing
        label={words.keys.title}
        columns={columns}
        rows={keys.data}
        keyOf={(row) => row.id}
        error={keys.error}
        onRetry={() => void keys.refetch()}
        empty={words.keys.empty}
      />
      <Group mt="md">
        <Anchor component={Link} to="/admin/applications">
          {words.applications.all}
        </Anchor>
      </Group>
      {isMaking && <NewKey applicationId={id} hasLive={keys.data?.some((key) => key.isLive) ?? false} onClose={making.close} />}
      {revoked && <Revoke apiKey={revoked} applicationId={id} onClose={() => setRevoked(null)} />}
    </Page>
  );
}

function Revoke({ apiKey, applicationId, onClose }: { apiKey: Key; applicationId: string; onClose: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  async function revoke() {
    await answer(api.DELETE("/api/locum/v1/ApiKey/{apiKeyId}", { params: { path: { apiKeyId: apiKey.id } } }));
    await queries.invalidateQueries({ queryKey: ["keys", applicationId] });
  }
  return (
    <Confirm
      title={words.keys.revokeTitle}
      text={words.keys.revokeText(apiKey.name || words.keys.unnamed)}
      label={words.keys.revoke}
      act={revoke}
      onGone={onClose}
    />
  );
}

function boundsOf(key: Key, words: ReturnType<typeof useWords>["keys"]): string {
  const found: string[] = [];
  if (key.operations) found.push(words.operations(key.operations.length));
  if (key.policies) found.push(words.policies(key.policies.length));
  if (key.credentials) found.push(words.credentials(key.credentials.length));
  if (key.addresses) found.push(key.addresses.join(", "));
  if (key.maxUses !== null) found.push(words.uses(key.maxUses));
  return found.join(" · ");
}
