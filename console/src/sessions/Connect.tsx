/** How to get in: a command to paste, or an address that an SSH program opens; and how long it lasts. */
import { Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answer, api } from "../shared/api";
import { Copyable } from "../shared/Copyable";
import { left, sshCommand } from "../shared/format";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Whole } from "./SessionPage";

export function Connect({ session }: { session: Whole }) {
  const words = useWords();
  const address = useQuery({
    queryKey: ["session", session.id, "ssh"],
    queryFn: () =>
      answer(api.GET("/api/v1/ActivitySession/Ssh/{sessionId}", { params: { path: { sessionId: session.id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const command = address.data ? sshCommand(address.data) : null;
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="connect">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <Title order={2} size="h4" id="connect">
            {words.session.connect}
          </Title>
          {session.endDateTimeUtc && <Countdown until={session.endDateTimeUtc} />}
        </Group>
        <Trouble error={address.error} />
        <Button
          component={Link}
          to="/sessions/$id/terminal"
          params={{ id: session.id } as never}
          className="start-aligned"
        >
          {words.terminal.inBrowser}
        </Button>
        {command && <Copyable text={command} label={words.session.command} />}
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {words.session.connectHint}
          </Text>
          {command && (
            <Anchor href={address.data} size="sm">
              {words.session.openSsh}
            </Anchor>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

export function Countdown({ until }: { until: string }) {
  const words = useWords();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(ticking);
  }, []);
  return (
    <Text size="sm">
      {words.session.left}{" "}
      <Text span fw={700} className="digits" role="timer">
        {left(until, now) ?? words.session.over}
      </Text>
    </Text>
  );
}
