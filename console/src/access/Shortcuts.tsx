/** One's favourites, and what one asked for last: each a link to the dialog that asks for it. */
import { Anchor, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Model } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { FavouriteButton, useShortcuts } from "./FavouriteButton";

type Shortcut = Model<"Shortcut">;

export function Shortcuts() {
  const words = useWords();
  const found = useShortcuts();
  const { favourites = [], recent = [] } = found.data ?? {};
  if (found.error) return <Trouble error={found.error} onRetry={() => void found.refetch()} />;
  if (favourites.length + recent.length === 0) return null;
  return (
    <div className="shortcuts">
      <Some id="favourites" title={words.shortcuts.favourites} rows={favourites} />
      <Some id="recent" title={words.shortcuts.recent} rows={recent} />
      <Title order={2} size="h4">
        {words.shortcuts.all}
      </Title>
    </div>
  );
}

function Some({ id, title, rows }: { id: string; title: string; rows: Shortcut[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <Title order={2} size="h4" mb="xs" id={id}>
        {title}
      </Title>
      <ul className="chips">
        {rows.map((row) => (
          <li key={`${row.activityId} ${row.thingId}`} className="raised">
            <One row={row} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({ row }: { row: Shortcut }) {
  const words = useWords();
  const name = words.session.title(row.activityName, row.thingName);
  return (
    <>
      <Anchor
        component={Link}
        to="/"
        search={{ ask: row.activityId, on: row.thingId, named: row.thingName } as never}
        resetScroll={false}
        className="breaks"
        aria-label={name}
      >
        <Text span fw={600} size="sm">
          {row.activityName}
        </Text>
        <Text span size="sm" c="dimmed">
          {row.thingName}
        </Text>
      </Anchor>
      <FavouriteButton activityId={row.activityId} thingId={row.thingId} name={name} />
    </>
  );
}
