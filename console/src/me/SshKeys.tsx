/** The SSH keys one signs in with at the gateway. */
import { Badge, Button, Code, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Confirm } from "../shared/Confirm";
import { when } from "../shared/format";
import { type Column, Listing } from "../shared/Listing";
import { whole } from "../shared/paged";
import { useWords, type Words } from "../words";
import { Ask } from "./Ask";
import { Part } from "./Part";

type Key = Model<"SshKeyView">;
const LONGEST = 4000;

export function SshKeys() {
  const words = useWords();
  const keys = useQuery({ queryKey: ["me", "ssh"], queryFn: () => answer(api.GET("/api/locum/v1/SshKey")) });
  const [isAdding, adding] = useDisclosure();
  const [removed, setRemoved] = useState<Key | null>(null);
  return (
    <Part
      id="ssh"
      title={words.ssh.title}
      intro={words.ssh.intro}
      aside={<Button onClick={adding.open}>{words.ssh.add}</Button>}
    >
      <Listing
        label={words.ssh.title}
        columns={columns(words, setRemoved)}
        {...whole(keys)}
        keyOf={(row) => row.id}
        empty={words.ssh.empty}
      />
      {isAdding && <Add onGone={adding.close} />}
      {removed && <Remove sshKey={removed} onGone={() => setRemoved(null)} />}
    </Part>
  );
}

function columns(words: Words, remove: (key: Key) => void): Column<Key>[] {
  const time = (value: string | null) => when(value, words.locale) ?? words.shared.none;
  return [
    {
      key: "name",
      label: words.me.name,
      show: (row) => (
        <div className="breaks">
          <span className="badges">
            <strong className="breaks">{row.name}</strong>
            {row.securityKey && (
              <Badge variant="light" color="gray" tt="none">
                {words.ssh.device}
              </Badge>
            )}
          </span>
          {row.endsAt && (
            <Text size="sm" c="dimmed">
              {words.ssh.ends(time(row.endsAt))}
            </Text>
          )}
        </div>
      ),
    },
    {
      key: "fingerprint",
      label: words.ssh.fingerprint,
      show: (row) => (
        <div className="breaks">
          {row.algorithm} <Code>{row.fingerprint}</Code>
        </div>
      ),
    },
    { key: "made", label: words.me.made, show: (row) => time(row.createdDateTimeUtc) },
    { key: "used", label: words.me.used, show: (row) => time(row.lastUsedDateTimeUtc) },
    {
      key: "do",
      label: words.keys.actions,
      show: (row) => (
        <Button
          size="xs"
          variant="outline"
          color="red"
          aria-label={words.me.removeOf(row.name)}
          onClick={() => remove(row)}
        >
          {words.me.remove}
        </Button>
      ),
    },
  ];
}

function Add({ onGone }: { onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [publicKey, setPublicKey] = useState("");
  async function add() {
    await answer(api.POST("/api/locum/v1/SshKey", { body: { name, publicKey: publicKey.trim() } }));
    await queries.invalidateQueries({ queryKey: ["me", "ssh"] });
  }
  return (
    <Ask title={words.ssh.add} label={words.ssh.add} act={add} onGone={onGone}>
      <TextInput
        label={words.me.name}
        maxLength={256}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={words.ssh.publicKey}
        description={words.ssh.publicKeyHint}
        placeholder="ssh-ed25519 AAAA…"
        maxLength={LONGEST}
        autosize
        minRows={3}
        required
        spellCheck={false}
        value={publicKey}
        onChange={(event) => setPublicKey(event.currentTarget.value)}
      />
    </Ask>
  );
}

function Remove({ sshKey, onGone }: { sshKey: Key; onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  async function remove() {
    await answer(api.DELETE("/api/locum/v1/SshKey/{sshKeyId}", { params: { path: { sshKeyId: sshKey.id } } }));
    await queries.invalidateQueries({ queryKey: ["me", "ssh"] });
  }
  return (
    <Confirm
      title={words.ssh.removeTitle}
      text={words.ssh.removeText(sshKey.name)}
      label={words.me.remove}
      act={remove}
      onGone={onGone}
    />
  );
}
