/** Asks for an activity: on what, why, and from when on. */
import { Button, Group, Loader, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Dialog } from "../shared/Dialog";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Card } from "./AccessPage";

const CREDENTIAL_RELEASE = 3;
const SHOWN = 50;

export function AskDialog({ card, onClose }: { card: Card; onClose: () => void }) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const [sought] = useDebouncedValue(typed, 200);
  const [chosen, setChosen] = useState<{ id: string; name: string } | null>(null);
  const [policyId, setPolicy] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [ticket, setTicket] = useState("");
  const [start, setStart] = useState("");
  const isRelease = card.activityType === CREDENTIAL_RELEASE;

  const things = useQuery({
    queryKey: ["things", card.id, sought],
    queryFn: () =>
      answer(
        api.GET("/api/v1/AccessControlPolicy/ActivitySessionResources", {
          params: { query: { activityId: card.id, filterText: sought || undefined, take: SHOWN, skip: 0 } },
        }),
      ),
  });
  const rows = things.data?.data ?? [];
  const only = !sought && rows.length === 1 ? rows[0] : undefined;
  const thing = chosen ?? (only ? { id: only.id, name: only.name ?? "" } : null);
  const ways = rows.find((row) => row.id === thing?.id)?.activityPolicies ?? [];
  const ofActivity = ways.filter((way) => way.activityId === card.id);
  const way = ofActivity.find((one) => one.policyId === policyId) ?? ofActivity[0];

  const asking = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/ActivitySession", {
          body: {
            activityId: card.id,
            ...(isRelease ? { credentialId: thing?.id } : { managedResourceId: thing?.id }),
            accessPolicyId: way?.policyId,
            note: note || undefined,
            ticket: ticket || undefined,
            startDateTimeUtc: start ? new Date(start).toISOString() : undefined,
          },
        }),
      ),
    onSuccess: async (session) => {
      void queries.invalidateQueries({ queryKey: ["cards"] });
      await navigate({ to: "/sessions/$id", params: { id: session.id } });
    },
  });

  return (
    <Dialog onGone={onClose} title={words.access.startOf(card.name ?? "")}>
      {(close) => (
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          asking.mutate();
        }}
      >
        <Stack gap="md">
          <Select
            label={isRelease ? words.access.credential : words.access.resource}
            placeholder={words.access.chooseResource}
            nothingFoundMessage={words.access.noResource}
            searchable
            required
            data-autofocus={card.totalResources === 1 ? undefined : true}
            comboboxProps={{ withinPortal: false }}
            rightSection={things.isFetching ? <Loader size={16} /> : undefined}
            filter={({ options }) => options}
            data={options(rows, thing)}
            value={thing?.id ?? null}
            searchValue={chosen || !only ? typed : (only.name ?? "")}
            onSearchChange={(text) => setTyped(text === thing?.name ? "" : text)}
            onChange={(id, option) => {
              setChosen(id && option ? { id, name: option.label } : null);
              setPolicy(null);
            }}
          />
          {ofActivity.length > 1 && (
            <Select
              label={words.access.policy}
              allowDeselect={false}
              data={ofActivity.map((one) => ({ value: one.policyId, label: one.policyName ?? "" }))}
              value={way?.policyId ?? null}
              onChange={setPolicy}
            />
          )}
          <Textarea
            label={words.access.note}
            data-autofocus={card.totalResources === 1 ? true : undefined}
            description={words.access.noteHint}
            required={way?.notesRequired ?? false}
            maxLength={1000}
            autosize
            minRows={2}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <TextInput
            label={words.access.ticket}
            required={way?.ticketRequired ?? false}
            maxLength={256}
            value={ticket}
            onChange={(event) => setTicket(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label={words.access.later}
            description={words.access.laterHint}
            value={start}
            onChange={(event) => setStart(event.currentTarget.value)}
          />
          <Trouble error={asking.error ?? things.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.shared.cancel}
            </Button>
            <Button type="submit" loading={asking.isPending} disabled={!thing}>
              {start ? words.access.later : words.access.ask}
            </Button>
          </Group>
        </Stack>
      </form>
      )}
    </Dialog>
  );
}

type Thing = { id: string; name: string | null };

/** What was found, with what is chosen even when the search has gone on; names needn't differ, so ids are the values. */
function options(rows: Thing[], chosen: Thing | null) {
  const all = chosen && !rows.some((row) => row.id === chosen.id) ? [chosen, ...rows] : rows;
  return all.map((row) => ({ value: row.id, label: row.name ?? row.id }));
}
