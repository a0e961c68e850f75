/** Stops a session for now, with words for its user; or lets it go on. */
import { Button, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

export function LockPanel({ id, isLocked }: { id: string; isLocked: boolean }) {
  const words = useWords();
  const queries = useQueryClient();
  const [message, setMessage] = useState("");
  const locking = useMutation({
    mutationFn: (locked: boolean) =>
      answer(
        api.PUT("/api/v1/ActivitySession/lock", {
          body: { activitySessionIds: [id], locked, lockMessage: (locked && message) || undefined },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["session", id] }),
  });
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="lock">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          locking.mutate(!isLocked);
        }}
      >
        <Stack gap="sm">
          <Title order={2} size="h4" id="lock">
            {words.live.lockTitle}
          </Title>
          <Text size="sm" c="dimmed">
            {isLocked ? words.live.isLocked : words.live.lockHint}
          </Text>
          {!isLocked && (
            <Textarea
              label={words.live.message}
              maxLength={1000}
              autosize
              minRows={2}
              value={message}
              onChange={(event) => setMessage(event.currentTarget.value)}
            />
          )}
          <Trouble error={locking.error} />
          <Button type="submit" variant={isLocked ? "default" : "outline"} color={isLocked ? undefined : "red"} loading={locking.isPending}>
            {isLocked ? words.live.unlock : words.live.lock}
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
