/** Asks before something that can't be undone, and does it. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useWords } from "../words";
import { Dialog } from "./Dialog";
import { Trouble } from "./Trouble";

type Props = { title: string; text: string; label: string; act: () => Promise<unknown>; onGone: () => void };

export function Confirm({ title, text, label, act, onGone }: Props) {
  const words = useWords();
  const doing = useMutation({ mutationFn: act });
  return (
    <Dialog onGone={onGone} title={title}>
      {(close) => (
        <Stack>
          <Text className="breaks">{text}</Text>
          <Trouble error={doing.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.shared.cancel}
            </Button>
            <Button
              color="red"
              loading={doing.isPending}
              onClick={() => doing.mutate(undefined, { onSuccess: close })}
              data-autofocus
            >
              {label}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
