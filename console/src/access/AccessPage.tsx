/** What the signed-in person can ask for, as cards. */
import { Badge, Button, Card, Group, Pagination, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import { Waiting } from "../shared/Listing";
import { Empty, Page } from "../shared/Page";
import { SearchBox } from "../shared/SearchBox";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { AskDialog } from "./AskDialog";

export type Card = Model<"ActivityCardWithPolicies">;
const CARDS = 24;
const route = getRouteApi("/");

export function AccessPage() {
  const words = useWords();
  const { q, page = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Card | null>(null);
  const cards = useQuery({
    queryKey: ["cards", q, page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET("/api/v1/AccessControlPolicy/ActivityCardWithPolicies", {
          params: { query: { filterText: q, skip: (page - 1) * CARDS, take: CARDS } },
        }),
      ),
  });
  const pages = Math.ceil((cards.data?.recordsTotal ?? 0) / CARDS);

  return (
    <Page
      title={words.access.title}
      intro={words.access.intro}
      aside={
        <SearchBox
          label={words.access.search}
          value={q}
          onSearch={(text) => void navigate({ search: { q: text }, replace: true })}
        />
      }
    >
      {cards.error ? (
        <Trouble error={cards.error} onRetry={() => void cards.refetch()} />
      ) : !cards.data ? (
        <Waiting />
      ) : !cards.data.data?.length ? (
        <Empty title={q ? words.access.nothing : words.access.empty} hint={q ? undefined : words.access.emptyHint} />
      ) : (
        <ul className="cards">
          {cards.data.data.map((card) => (
            <li key={`${card.id} ${card.policyId}`}>
              <AccessCard card={card} onAsk={() => setAsked(card)} />
            </li>
          ))}
        </ul>
      )}
      {pages > 1 && (
        <Pagination
          mt="lg"
          total={pages}
          value={page}
          onChange={(to) => void navigate({ search: { q, page: to > 1 ? to : undefined } })}
          getItemProps={(number) => ({ "aria-label": words.shared.page(number, pages) })}
        />
      )}
      {asked && <AskDialog card={asked} onClose={() => setAsked(null)} />}
    </Page>
  );
}

function AccessCard({ card, onAsk }: { card: Card; onAsk: () => void }) {
  const words = useWords();
  const longest = Math.max(0, ...(card.policies ?? []).map((policy) => policy.maxSessionLength));
  const last = when(card.latestSessionActualStartUtc, words.locale);
  return (
    <Card withBorder padding="lg" radius="lg" className="card raised">
      <div className="card-top">
        <Title order={2} size="h4" className="breaks">
          {card.name}
        </Title>
        {card.platformName && (
          <Badge variant="light" color="gray" tt="none">
            {card.platformName}
          </Badge>
        )}
      </div>
      <Text size="sm" className="breaks">
        {card.resourceText}
      </Text>
      {card.description && (
        <Text size="sm" c="dimmed" lineClamp={2} className="breaks">
          {card.description}
        </Text>
      )}
      <Group justify="space-between" align="flex-end" mt="auto" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {longest > 0 && <span className="line">{words.access.upTo(longest)}</span>}
          <span className="line">{last ? words.access.last(last) : words.access.never}</span>
        </Text>
        <Button onClick={onAsk} aria-label={words.access.startOf(card.name ?? "")} className="firm">
          {words.access.start}
        </Button>
      </Group>
    </Card>
  );
}
