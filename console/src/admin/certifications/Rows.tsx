/** The accesses of a certification: a reviewer says of each, or of several at once, whether it is still needed. */
import { Badge, Button, Checkbox, Group, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { Part } from "../../me/Part";
import { answer, api, type Given, type Model } from "../../shared/api";
import { when } from "../../shared/format";
import { type Column, Listing } from "../../shared/Listing";
import { FROM_THE_TOP, usePaged } from "../../shared/paged";
import { SearchBox } from "../../shared/SearchBox";
import { Trouble } from "../../shared/Trouble";
import { useWho } from "../../signin/who";
import { useWords } from "../../words";
import { type AdminWords, useAdminWords } from "../../words/admin";

type Task = Model<"AccessCertificationTaskSummary">;
type Row = Model<"AccessCertificationTaskRowDetail">;
const route = getRouteApi("/certifications/$id");
const WAITS = 1;
const APPROVED = 2;
const DENIED = 3;
const COLOURS: Record<number, string> = { 0: "gray", 1: "yellow", 2: "green", 3: "red" };

export function Rows({ task }: { task: Task }) {
  const words = useAdminWords().certifications;
  const { q, all } = route.useSearch();
  const navigate = route.useNavigate();
  const who = useWho();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const mayDecide = task.reviewerId === who.identityId;
  const status = all ? undefined : WAITS;
  const rows = usePaged(["certification", task.id, "rows", q, status], (paging) =>
    answer(
      api.GET("/api/v1/AccessCertificationTask/{accessCertificationTaskId}/Row", {
        params: { path: { accessCertificationTaskId: task.id }, query: { filterText: q, status, ...paging } },
      }),
    ),
  );
  // Nobody decides about their own access.
  const open = (rows.rows ?? []).filter((row) => row.userId !== who.identityId);
  const columns = useColumns();
  const choice: Column<Row> = {
    key: "choice",
    label: words.choice,
    show: (row) => (
      <Checkbox
        aria-label={words.choose(row.userName ?? "", row.activity ?? "", row.resource ?? row.credential ?? "")}
        disabled={row.userId === who.identityId}
        checked={chosen.has(row.id)}
        onChange={(event) => setChosen(changed(chosen, row.id, event.currentTarget.checked))}
      />
    ),
  };
  return (
    <Part id="rows" title={words.rows} intro={mayDecide ? words.rowsHint : words.rowsLook} aside={<SearchBox label={words.search} />}>
      <Stack>
        <Group justify="space-between">
          <Switch
            label={words.showAll}
            checked={all ?? false}
            onChange={(event) => {
              const to = event.currentTarget.checked || undefined;
              void navigate({ search: (before) => ({ ...before, all: to, ...FROM_THE_TOP }) });
            }}
          />
          {mayDecide && open.length > 0 && (
            <Button variant="default" size="xs" onClick={() => setChosen(new Set(open.map((row) => row.id)))}>
              {words.chooseAll}
            </Button>
          )}
        </Group>
        {mayDecide && <Decide task={task} chosen={[...chosen]} onDone={() => setChosen(new Set())} />}
        <div>
          <Listing
            label={words.rows}
            columns={mayDecide ? [choice, ...columns] : columns}
            {...rows}
            keyOf={(row) => row.id}
            empty={q ? words.nothing : all ? words.none : words.nothingWaits}
          />
        </div>
      </Stack>
    </Part>
  );
}

function changed(chosen: ReadonlySet<string>, id: string, isChosen: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (isChosen) next.add(id);
  else next.delete(id);
  return next;
}

function useColumns(): Column<Row>[] {
  const words = useAdminWords().certifications;
  const { locale } = useWords();
  return [
    {
      key: "who",
      label: words.who,
      show: (row) => (
        <div className="breaks">
          <strong>{row.userName}</strong>
          {row.groupName && (
            <Text size="sm" c="dimmed">
              {words.through(row.groupName)}
            </Text>
          )}
        </div>
      ),
    },
    {
      key: "what",
      label: words.what,
      show: (row) => (
        <div className="breaks">
          {row.activity} · {row.resource ?? row.credential}
          <Text size="sm" c="dimmed">
            {row.accessControlPolicy}
          </Text>
        </div>
      ),
    },
    { key: "used", label: words.used, show: (row) => when(row.lastAccessedDateTimeUtc, locale) ?? words.never },
    {
      key: "word",
      label: words.word,
      show: (row) => (
        <div className="breaks">
          <RowState status={row.status} words={words} />
          {row.notes && <Text size="sm">{row.notes}</Text>}
        </div>
      ),
    },
  ];
}

function RowState({ status, words }: { status: number; words: AdminWords["certifications"] }) {
  return (
    <Badge variant="light" tt="none" color={COLOURS[status] ?? "gray"}>
      {words.rowStates[status] ?? status}
    </Badge>
  );
}

function Decide({ task, chosen, onDone }: { task: Task; chosen: string[]; onDone: () => void }) {
  const words = useAdminWords().certifications;
  const queries = useQueryClient();
  const [notes, setNotes] = useState("");
  const deciding = useMutation({
    mutationFn: (status: Given<"AccessCertificationTaskRowStatus">) =>
      answer(
        api.PUT("/api/v1/AccessCertificationTask/{accessCertificationTaskId}/Row", {
          params: { path: { accessCertificationTaskId: task.id } },
          body: chosen.map((id) => ({ id, status, notes: notes || undefined })),
        }),
      ),
    onSuccess: async () => {
      setNotes("");
      onDone();
      await queries.invalidateQueries({ queryKey: ["certification", task.id] });
    },
  });
  if (chosen.length === 0) return null;
  return (
    <Stack gap="xs" role="group" aria-label={words.decide}>
      <Textarea
        label={words.notes}
        description={words.notesHint}
        maxLength={1000}
        autosize
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <Trouble error={deciding.error} />
      <Group>
        <Button loading={deciding.isPending} onClick={() => deciding.mutate(APPROVED)}>
          {words.approve(chosen.length)}
        </Button>
        <Button
          variant="outline"
          color="red"
          loading={deciding.isPending}
          disabled={!notes.trim()}
          onClick={() => deciding.mutate(DENIED)}
        >
          {words.deny(chosen.length)}
        </Button>
      </Group>
    </Stack>
  );
}
