/** What is asked for, on what, why, and from when on. */
import { Alert, Button, Group, Loader, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import type { Card } from "./AccessPage";
import { CustomFields } from "./CustomFields";
import { FavouriteButton } from "./FavouriteButton";
import type { Prefilled } from "./prefilled";

const CREDENTIAL_RELEASE = 3;
const SHOWN = 50;
const MINUTE_MS = 60_000;

export function AskForm({ card, before, close }: { card: Card; before: Prefilled; close: () => void }) {
  const words = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  // Null: what is chosen, by its name.
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState(before.thing);
  const [policyId, setPolicy] = useState(before.policyId);
  const [note, setNote] = useState(before.note);
  const [ticket, setTicket] = useState(before.ticket);
  const [fields, setFields] = useState(before.fields);
  const [start, setStart] = useState("");
  const [minutes, setMinutes] = useState<number | string>("");
  const isRelease = card.activityType === CREDENTIAL_RELEASE;
  const isReasonFirst = card.totalResources === 1 || before.thing !== null;

  const isFirst = chosen !== null && chosen === before.thing;
  const { things, rows, thing, way, ways } = useWays(card, typed, chosen, isFirst, policyId);
  const isGone = isFirst && typed === null && things.isSuccess && !things.isPlaceholderData && !way;
  const most = way?.maxSessionLength ?? 0;
  const questions = card.policies?.find((one) => one.policyId === way?.policyId)?.customFields ?? [];

  const asking = useMutation({
    mutationFn: () => {
      const begin = start ? new Date(start) : new Date();
      const end = Number(minutes) > 0 ? new Date(begin.getTime() + Number(minutes) * MINUTE_MS) : undefined;
      return answer(
        api.POST("/api/v1/ActivitySession", {
          body: {
            activityId: card.id,
            ...(isRelease ? { credentialId: thing?.id } : { managedResourceId: thing?.id }),
            accessPolicyId: way?.policyId,
            note: note || undefined,
            ticket: ticket || undefined,
            startDateTimeUtc: start ? begin.toISOString() : undefined,
            endDateTimeUtc: end?.toISOString(),
            customFields: questions.map(({ name }) => ({ name: name ?? "", value: fields[name ?? ""] ?? "" })),
          },
        }),
      );
    },
    onSuccess: async (session) => {
      for (const key of ["cards", "shortcuts"]) void queries.invalidateQueries({ queryKey: [key] });
      await navigate({ to: "/sessions/$id", params: { id: session.id } });
    },
  });

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        asking.mutate();
      }}
    >
      <Stack gap="md">
        {isGone && (
          <Alert color="yellow" role="alert">
            {words.ask.goneThing(chosen.name)}
          </Alert>
        )}
        <div className="with-star">
          <Select
            label={isRelease ? words.access.credential : words.access.resource}
            placeholder={words.access.chooseResource}
            nothingFoundMessage={words.access.noResource}
            searchable
            required
            autoFocus={!isReasonFirst}
            comboboxProps={{ withinPortal: false }}
            rightSection={things.isFetching ? <Loader size={16} /> : undefined}
            filter={({ options }) => options}
            data={options(rows, thing)}
            value={thing?.id ?? null}
            searchValue={typed ?? thing?.name ?? ""}
            onSearchChange={(text) => setTyped(text === thing?.name ? null : text)}
            onChange={(id, option) => {
              setChosen(id && option ? { id, name: option.label } : null);
              setPolicy(null);
            }}
          />
          {thing && way && (
            <FavouriteButton
              activityId={card.id}
              thingId={thing.id}
              name={words.session.title(card.name ?? "", thing.name)}
            />
          )}
        </div>
        {ways.length > 1 && (
          <Select
            label={words.access.policy}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            data={ways.map((one) => ({ value: one.policyId, label: one.policyName ?? "" }))}
            value={way?.policyId ?? null}
            onChange={setPolicy}
          />
        )}
        <Textarea
          label={words.access.note}
          autoFocus={isReasonFirst}
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
        <CustomFields
          questions={questions}
          answers={fields}
          onAnswer={(name, given) => setFields((all) => ({ ...all, [name]: given }))}
        />
        <div className="pair">
          <TextInput
            type="datetime-local"
            label={words.access.later}
            description={words.access.laterHint}
            value={start}
            onChange={(event) => setStart(event.currentTarget.value)}
          />
          <NumberInput
            label={words.ask.minutes}
            description={most ? words.ask.minutesHint(most) : undefined}
            min={1}
            max={most || undefined}
            allowDecimal={false}
            hideControls
            value={minutes}
            onChange={setMinutes}
          />
        </div>
        <Trouble error={asking.error ?? things.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.shared.cancel}
          </Button>
          <Button type="submit" loading={asking.isPending} disabled={!thing || isGone}>
            {start ? words.access.later : words.access.ask}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/**
 * The things that the activity can be begun on, which of them is meant, and under which policies. `isFirst`: what is
 * chosen was so from the beginning, and need not be among the first that there are, so it is looked for by its name.
 */
function useWays(card: Card, typed: string | null, chosen: Thing | null, isFirst: boolean, policyId: string | null) {
  const text = typed === chosen?.name ? null : typed;
  const [late] = useDebouncedValue(text, 200);
  const sought = (text === null ? isFirst && chosen?.name : late) || undefined;
  const things = useQuery({
    queryKey: ["things", card.id, sought],
    placeholderData: (before) => before,
    queryFn: () =>
      answer(
        api.GET("/api/v1/AccessControlPolicy/ActivitySessionResources", {
          params: { query: { activityId: card.id, filterText: sought, take: SHOWN, skip: 0 } },
        }),
      ),
  });
  const rows = things.data?.data ?? [];
  const only = !sought && rows.length === 1 ? rows[0] : undefined;
  // A name may come from the address: what the server says goes before it.
  const row = rows.find((one) => one.id === chosen?.id) ?? (chosen ? undefined : only);
  const thing = row ? { id: row.id, name: row.name ?? "" } : chosen;
  const ways = (row?.activityPolicies ?? []).filter((one) => one.activityId === card.id);
  const way = ways.find((one) => one.policyId === policyId) ?? ways[0];
  return { things, rows, thing, ways, way };
}

type Thing = { id: string; name: string };

/** What was found, with what is chosen even when the search has gone on; names needn't differ, so ids are the values. */
function options(rows: { id: string; name: string | null }[], chosen: Thing | null) {
  const all = chosen && !rows.some((row) => row.id === chosen.id) ? [chosen, ...rows] : rows;
  return all.map((row) => ({ value: row.id, label: row.name ?? row.id }));
}
