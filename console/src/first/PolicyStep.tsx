/** The access policy that joins the person, an activity and the host. */
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Chosen } from "./FirstStepsPage";

const INTERACTIVE = 0;
const LINUX = "Linux";

type Props = { host: Chosen; person: Chosen; onDone: (policyId: string, activityId: string) => void };

export function PolicyStep({ host, person, onDone }: Props) {
  const words = useWords();
  const [name, setName] = useState(words.first.policy.usual(host.name));
  const [chosen, setChosen] = useState<string | null>(null);
  const activities = useQuery({ queryKey: ["activities"], queryFn: () => answer(api.GET("/api/v1/Activity")) });
  const offered = (activities.data ?? []).filter(
    (one) => one.activityType === INTERACTIVE && (one.name ?? "").startsWith(LINUX),
  );
  const activity = offered.find((one) => one.id === chosen) ?? offered[0];
  const making = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/AccessControlPolicy", {
          body: {
            name,
            managedAccountIds: [person.id],
            managedResourceIds: [host.id],
            activityIds: activity ? [activity.id] : [],
          },
        }),
      ),
    onSuccess: (made) => activity && onDone(made.id, activity.id),
  });
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <Stack gap="md">
        <Text size="sm">{words.first.policy.text(person.name, host.name)}</Text>
        <div className="pair">
          <Select
            label={words.first.policy.activity}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            data={offered.map((one) => ({ value: one.id, label: one.name ?? "" }))}
            value={activity?.id ?? null}
            onChange={setChosen}
          />
          <TextInput
            label={words.first.policy.name}
            required
            maxLength={256}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <Trouble error={making.error ?? activities.error} />
        <Group>
          <Button type="submit" loading={making.isPending} disabled={!activity}>
            {words.first.policy.make}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
