/** The connections inside of a session. */
import { Anchor, Group, Paper, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { when } from "../shared/format";
import { hasRole, useWho } from "../signin/who";
import { useWords } from "../words";
import { OPEN } from "../shared/StatusPill";
import type { Whole } from "./SessionPage";

export function Connections({ session }: { session: Whole }) {
  const words = useWords();
  const who = useWho();
  const isOver = !OPEN.has(session.sessionStatus);
  const plays = isOver && hasRole(who, "admin", "userplus");
  const watches = !isOver && hasRole(who, "admin");
  const connections = session.proxySessions ?? [];
  if (connections.length === 0) return null;
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="connections">
      <Title order={2} size="h4" mb="sm" id="connections">
        {words.session.connections}
      </Title>
      <ul className="plain">
        {connections.map((one) => (
          <li key={one.id}>
            <Group gap="sm">
              {words.session.connectionOf(when(one.startDateTimeUtc, words.locale) ?? "")}
              {one.record && (
                <Text span size="sm" c="dimmed">
                  {words.session.recorded}
                </Text>
              )}
              {one.record && one.active && watches && (
                <Anchor
                  component={Link}
                  to="/sessions/$id/live/$connectionId"
                  params={{ id: session.id, connectionId: one.id } as never}
                >
                  {words.session.watch}
                </Anchor>
              )}
              {one.record && plays && (
                <Anchor component={Link} to="/recordings/$id" params={{ id: one.id } as never}>
                  {words.session.play}
                </Anchor>
              )}
            </Group>
          </li>
        ))}
      </ul>
    </Paper>
  );
}
