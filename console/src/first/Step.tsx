/** One of the first steps: its number and title always, the rest while it is its turn. */
import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "../words";

export type StepProps = {
  number: number;
  title: string;
  state: "done" | "now" | "next";
  /** Not done, but gone past. */
  isPutOff?: boolean;
  /** What was done, in a few words. */
  result?: string;
  onAnew?: () => void;
  children: ReactNode;
};

export function Step({ number, title, state, isPutOff = false, result, onAnew, children }: StepProps) {
  const words = useWords();
  const id = `step-${number}`;
  return (
    <Paper
      component="li"
      withBorder
      p="lg"
      radius="lg"
      className="raised"
      aria-current={state === "now" ? "step" : undefined}
      aria-labelledby={id}
    >
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h4" id={id} c={state === "next" ? "dimmed" : undefined} className="breaks">
          {words.first.step(number, title)}
        </Title>
        {state === "done" && (
          <Badge color={isPutOff ? "yellow" : "green"} variant="light" tt="none" size="lg">
            {isPutOff ? words.first.putOff : words.first.done}
          </Badge>
        )}
      </Group>
      {state === "done" && (result || onAnew) && (
        <Group justify="space-between" gap="xs" mt={4}>
          <Text size="sm" c="dimmed" className="breaks">
            {result}
          </Text>
          {onAnew && (
            <Button size="xs" variant="subtle" onClick={onAnew}>
              {words.first.anew}
            </Button>
          )}
        </Group>
      )}
      {state === "now" && (
        <Stack gap="md" mt="sm">
          {children}
        </Stack>
      )}
    </Paper>
  );
}
