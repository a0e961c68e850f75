/** One's passkeys: make one with this browser, name and remove them. */
import { Badge, Button, Group, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Confirm } from "../shared/Confirm";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { whole } from "../shared/paged";
import { hasPasskeys, makePasskey } from "../signin/passkey";
import { RecoveryCodes } from "../signin/RecoveryCodes";
import { useWords, type Words } from "../words";
import { Ask } from "./Ask";
import { Part } from "./Part";

type Passkey = Model<"PasskeyOut">;
type Task = { kind: "add" } | { kind: "rename" | "remove"; passkey: Passkey };

export function Passkeys() {
  const words = useWords();
  const passkeys = useQuery({
    queryKey: ["me", "passkeys"],
    queryFn: () => answer(api.GET("/api/locum/v1/Passkey")),
  });
  const [task, setTask] = useState<Task | null>(null);
  return (
    <Part
      id="passkeys"
      title={words.passkeys.title}
      intro={words.passkeys.intro}
      aside={hasPasskeys && <Button onClick={() => setTask({ kind: "add" })}>{words.passkeys.add}</Button>}
    >
      {!hasPasskeys && (
        <Text size="sm" mb="sm">
          {words.passkeys.notHere}
        </Text>
      )}
      <Listing
        label={words.passkeys.title}
        columns={columns(words, setTask)}
        {...whole(passkeys)}
        keyOf={(row) => row.id}
        empty={words.passkeys.empty}
      />
      {task?.kind === "add" && <Add onGone={() => setTask(null)} />}
      {task?.kind === "rename" && <Rename passkey={task.passkey} onGone={() => setTask(null)} />}
      {task?.kind === "remove" && <Remove passkey={task.passkey} onGone={() => setTask(null)} />}
    </Part>
  );
}

function columns(words: Words, begin: (task: Task) => void): Column<Passkey>[] {
  const time = (value: string | null) => when(value, words.locale) ?? words.shared.none;
  return [
    {
      key: "name",
      label: words.me.name,
      show: (row) => (
        <span className="badges">
          <strong className="breaks">{row.name}</strong>
          {row.backedUp && (
            <Badge variant="light" color="gray" tt="none">
              {words.passkeys.backedUp}
            </Badge>
          )}
        </span>
      ),
    },
    { key: "made", label: words.me.made, show: (row) => time(row.createdAt) },
    { key: "used", label: words.me.used, show: (row) => time(row.lastUsedAt) },
    {
      key: "do",
      label: words.keys.actions,
      show: (row) => (
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            aria-label={words.passkeys.renameOf(row.name)}
            onClick={() => begin({ kind: "rename", passkey: row })}
          >
            {words.passkeys.rename}
          </Button>
          <Button
            size="xs"
            variant="outline"
            color="red"
            aria-label={words.me.removeOf(row.name)}
            onClick={() => begin({ kind: "remove", passkey: row })}
          >
            {words.me.remove}
          </Button>
        </Group>
      ),
    },
  ];
}

function Add({ onGone }: { onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  async function add() {
    const credential = await makePasskey(await answer(api.POST("/api/locum/v1/Passkey/Options")));
    const made = await answer(api.POST("/api/locum/v1/Passkey", { body: { name, credential } }));
    void queries.invalidateQueries({ queryKey: ["me"] });
    return made.recoveryCodes;
  }
  return (
    <Ask
      title={words.passkeys.add}
      label={words.passkeys.add}
      act={add}
      after={(codes) => codes && <RecoveryCodes codes={codes} />}
      onGone={onGone}
    >
      <Text size="sm">{words.passkeys.addHint}</Text>
      <Name value={name} onChange={setName} />
    </Ask>
  );
}

function Rename({ passkey, onGone }: { passkey: Passkey; onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState(passkey.name);
  async function rename() {
    const params = { path: { passkeyId: passkey.id } };
    await answer(api.PUT("/api/locum/v1/Passkey/{passkeyId}", { params, body: { name } }));
    await queries.invalidateQueries({ queryKey: ["me", "passkeys"] });
  }
  return (
    <Ask title={words.passkeys.renameOf(passkey.name)} label={words.passkeys.rename} act={rename} onGone={onGone}>
      <Name value={name} onChange={setName} />
    </Ask>
  );
}

function Name({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const words = useWords();
  return (
    <TextInput
      label={words.me.name}
      description={words.passkeys.nameHint}
      maxLength={256}
      required
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Remove({ passkey, onGone }: { passkey: Passkey; onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  async function remove() {
    await answer(api.DELETE("/api/locum/v1/Passkey/{passkeyId}", { params: { path: { passkeyId: passkey.id } } }));
    await queries.invalidateQueries({ queryKey: ["me"] });
  }
  return (
    <Confirm
      title={words.passkeys.removeTitle}
      text={words.passkeys.removeText(passkey.name)}
      label={words.me.remove}
      act={remove}
      onGone={onGone}
    />
  );
}
