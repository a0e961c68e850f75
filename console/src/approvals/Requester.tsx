/** Whom one decides about: who they are, and what they asked for before on the same resource. */
import { Group, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import { StatusPill } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

export function Requester({ sessionId }: { sessionId: string }) {
  const words = useWords();
  const found = useQuery({
    queryKey: ["requester", sessionId],
    queryFn: () =>
      answer(
        api.GET("/api/locum/v1/ActivitySession/{sessionId}/Requester", { params: { path: { sessionId } } }),
      ),
  });
  if (found.error) return <Trouble error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton height={120} radius="md" role="status" aria-label={words.shared.loading} />;
  const { data } = found;
  const facts: [string, string | null][] = [
    [words.requester.name, data.displayName],
    [words.requester.mail, data.email],
  ];
  const counts = [
    words.requester.earlier(data.earlierTotal),
    data.deniedTotal > 0 && words.requester.denied(data.deniedTotal),
    data.failedTotal > 0 && words.requester.failed(data.failedTotal),
  ].filter(Boolean);
  const id = `requester-${sessionId}`;
  return (
    <section aria-labelledby={id} className="requester">
      <Title order={3} size="h5" id={id}>
        {words.requester.title}
      </Title>
      <dl className="facts">
        {facts.map(([label, value]) =>
          value ? (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="breaks">{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <Text size="sm">{data.earlierTotal ? counts.join(", ") : words.requester.none}</Text>
      {data.earlier.length > 0 && (
        <ul className="plain" aria-label={words.requester.last}>
          {data.earlier.map((one) => (
            <li key={one.id}>
              <Earlier one={one} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Earlier({ one }: { one: Model<"EarlierRequest"> }) {
  const words = useWords();
  return (
    <>
      <Group gap="xs">
        <StatusPill status={one.sessionStatus} />
        <Text span size="sm" className="breaks">
          {one.activityName}
        </Text>
        <Text span size="sm" c="dimmed">
          {when(one.createdDateTimeUtc, words.locale)}
        </Text>
      </Group>
      <Text size="sm" c="dimmed" className="breaks">
        {one.note || words.requester.noNote}
      </Text>
    </>
  );
}
