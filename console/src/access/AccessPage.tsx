/** What the signed-in person can ask for, as cards. */
import { Badge, Button, Card, Group, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { answer, api, type Model } from "../shared/api";
import { when } from "../shared/format";
import { Loaded, Pages } from "../shared/Loaded";
import { Page } from "../shared/Page";
import { usePaged } from "../shared/paged";
import { SearchBox } from "../shared/SearchBox";
import { useWords } from "../words";
import { Shortcuts } from "./Shortcuts";

export type Card = Model<"ActivityCardWithPolicies">;
const route = getRouteApi("/");
const loadDialog = () => import("./AskDialog");
const AskDialog = lazy(loadDialog);

export function AccessPage() {
  const words = useWords();
  const { q, ask, on, named, again } = route.useSearch();
  const navigate = route.useNavigate();
  // The page is there before it; who opens it needn't wait.
  useEffect(() => void loadDialog(), []);
  const cards = usePaged(["cards", q], (paging) =>
    answer(
      api.GET("/api/v1/AccessControlPolicy/ActivityCardWithPolicies", {
        params: { query: { filterText: q, ...paging } },
      }),
    ),
  );
  return (
    <Page title={words.access.title} intro={words.access.intro} aside={<SearchBox label={words.access.search} />}>
      {!q && <Shortcuts />}
      <Loaded
        {...cards}
        empty={q ? words.access.nothing : words.access.empty}
        hint={q ? undefined : words.access.emptyHint}
      >
        <ul className="cards">
          {cards.rows?.map((card) => (
            <li key={`${card.id} ${card.policyId}`}>
              <AccessCard card={card} />
            </li>
          ))}
        </ul>
        <Pages page={cards.page} total={cards.total ?? 0} onPage={cards.onPage} />
      </Loaded>
      {ask && (
        <Suspense>
          <AskDialog
            key={`${ask} ${on} ${again}`}
            asked={{ ask, on, named, again }}
            onClose={() =>
              void navigate({
                search: (before) => ({ ...before, ask: undefined, on: undefined, named: undefined, again: undefined }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        </Suspense>
      )}
    </Page>
  );
}

function AccessCard({ card }: { card: Card }) {
  const navigate = route.useNavigate();
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
        <Button
          onClick={() => void navigate({ search: (before) => ({ ...before, ask: card.id }), resetScroll: false })}
          aria-label={words.access.startOf(card.name ?? "")}
          className="firm"
        >
          {words.access.start}
        </Button>
      </Group>
    </Card>
  );
}
