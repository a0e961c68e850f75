/**
 * The secret of a session: of its credential, or the password of its login in a database.
 *
 * It is asked for when somebody wants to see it, and held by this component alone, never by a cache: with it it is
 * gone, and after some seconds, and when the page is put away.
 */
import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Whole } from "./SessionPage";

const USUAL_SECONDS = 30;

type Held = { value: string; until: number };

export function Released({ session }: { session: Whole }) {
  const words = useWords();
  const { id } = session;
  const path = { params: { path: { sessionId: id } } };
  const seconds = session.viewPasswordInSeconds || USUAL_SECONDS;
  const [shown, setShown] = useState<Held | null>(null);
  const forget = useCallback(() => setShown(null), []);
  const may = useQuery({
    queryKey: ["session", id, "may view", session.locked],
    queryFn: () => answer(api.GET("/api/v1/ActivitySession/{sessionId}/CanViewPassword", path)),
  });
  const secret = () =>
    answer(api.GET("/api/v1/ActivitySession/{sessionId}/Password", { ...path, parseAs: "text" })) as Promise<string>;
  // What a mutation answers is cached with it: so it answers nothing, and the secret goes another way.
  const showing = useMutation({
    mutationFn: async () => {
      const value = await secret();
      setShown({ value, until: Date.now() + seconds * 1000 });
    },
    gcTime: 0,
  });
  const copying = useMutation({
    mutationFn: async () => {
      if (!navigator.clipboard) throw new DOMException("", "NotSupportedError");
      await navigator.clipboard.writeText(await secret());
    },
    gcTime: 0,
  });

  useEffect(() => {
    const hidden = () => document.hidden && forget();
    window.addEventListener("pagehide", forget);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      window.removeEventListener("pagehide", forget);
      document.removeEventListener("visibilitychange", hidden);
    };
  }, [forget]);

  if (may.error) return <Trouble error={may.error} onRetry={() => void may.refetch()} />;
  if (!may.data) return null;
  const name = session.managedResourceId ? session.loginAccountName : session.targetName;
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="released">
      <Stack gap="sm">
        <Title order={2} size="h4" id="released" className="breaks">
          {name ? words.released.titleOf(name) : words.released.title}
        </Title>
        <Text size="sm" c="dimmed">
          {words.released.hint(seconds)}
        </Text>
        {shown ? (
          <Shown held={shown} onOver={forget} />
        ) : (
          <Group>
            <Button loading={showing.isPending} onClick={() => showing.mutate()}>
              {words.released.show}
            </Button>
            <Button variant="default" loading={copying.isPending} onClick={() => copying.mutate()}>
              {words.released.copy}
            </Button>
          </Group>
        )}
        {copying.isSuccess && (
          <Text size="sm" role="status">
            {words.released.copied}
          </Text>
        )}
        <Trouble error={showing.error ?? (copying.error instanceof DOMException ? null : copying.error)} />
        {copying.error instanceof DOMException && (
          <Text size="sm" role="alert">
            {words.released.noClipboard}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function Shown({ held, onOver }: { held: Held; onOver: () => void }) {
  const words = useWords();
  const [now, setNow] = useState(Date.now);
  const left = Math.max(0, Math.ceil((held.until - now) / 1000));
  useEffect(() => {
    const ticking = window.setInterval(() => {
      if (Date.now() >= held.until) onOver();
      else setNow(Date.now());
    }, 250);
    return () => window.clearInterval(ticking);
  }, [held, onOver]);
  return (
    <Stack gap="sm">
      <output className="secret" aria-label={words.released.value}>
        {held.value}
      </output>
      <Group justify="space-between">
        <Text size="sm">
          {words.released.hides}{" "}
          <Text span fw={700} className="digits" role="timer">
            {left.toLocaleString(words.locale)}
          </Text>
        </Text>
        <Button size="xs" variant="default" onClick={onOver}>
          {words.released.hide}
        </Button>
      </Group>
    </Stack>
  );
}
