/** Issues an API key, shows it once, and asks whether it was kept. */
import { Alert, Button, Group, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Copyable } from "../shared/Copyable";
import { Dialog } from "../shared/Dialog";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";

const A_WEEK_MIN = 10_080;

type Props = { applicationId: string; hasLive: boolean; onClose: () => void };

export function NewKey({ applicationId, hasLive, onClose }: Props) {
  const words = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [expires, setExpires] = useState("");
  const [addresses, setAddresses] = useState("");
  const [overlap, setOverlap] = useState(0);
  const issuing = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/locum/v1/Application/{applicationId}/ApiKey", {
          params: { path: { applicationId } },
          body: {
            name: name || undefined,
            expiresAt: expires ? new Date(expires).toISOString() : undefined,
            addresses: addresses.trim() ? addresses.trim().split(/[\s,]+/) : undefined,
            overlapMinutes: overlap,
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys", applicationId] }),
  });

  return (
    <Dialog
      onGone={onClose}
      title={issuing.data ? words.keys.issued : words.keys.add}
      size={issuing.data ? "lg" : undefined}
      mustAnswer={issuing.data !== undefined}
    >
      {(close) =>
        issuing.data ? (
          <Stack>
            <Alert color="yellow" variant="light">
              {words.keys.once}
            </Alert>
            <Copyable text={issuing.data.key} label={words.keys.key} />
            <Group justify="flex-end">
              <Button onClick={close} data-autofocus>
                {words.keys.kept}
              </Button>
            </Group>
          </Stack>
        ) : (
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          issuing.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={words.keys.name}
            maxLength={256}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label={words.keys.expires}
            description={words.keys.expiresHint}
            value={expires}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
          <Textarea
            label={words.keys.addresses}
            description={words.keys.addressesHint}
            autosize
            value={addresses}
            onChange={(event) => setAddresses(event.currentTarget.value)}
          />
          {hasLive && (
            <NumberInput
              label={words.keys.overlap}
              description={words.keys.overlapHint}
              min={0}
              max={A_WEEK_MIN}
              value={overlap}
              onChange={(value) => setOverlap(Number(value) || 0)}
            />
          )}
          <Trouble error={issuing.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.shared.cancel}
            </Button>
            <Button type="submit" loading={issuing.isPending}>
              {words.keys.add}
            </Button>
          </Group>
        </Stack>
      </form>
        )
      }
    </Dialog>
  );
}
