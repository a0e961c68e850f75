/** A token, a certificate, names and values or a file: what is known of it, and the way to a new content. */
import { Button, FileInput, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useRef, useState } from "react";
import { Ask } from "../../me/Ask";
import { Part } from "../../me/Part";
import { answer, api } from "../../shared/api";
import { useDraft } from "../../shared/draft";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";
import { Facts } from "../Facts";
import { type Kept, useRenewed } from "./credential";
import { DeleteCredential } from "./DeleteCredential";

export function KeptContent({ kept }: { kept: Kept }) {
  const { credentials: words, form } = useAdminWords();
  const [isReplacing, replacing] = useDisclosure();
  const [isChanging, changing] = useDisclosure();
  return (
    <Card>
      <Part id="state" title={words.state} intro={words.contentIntro}>
        <Stack>
          <Facts
            facts={[
              [words.kind, words.kinds[kept.kind] ?? kept.kind],
              [words.contentName, kept.contentName || "–"],
              [words.description, kept.description || "–"],
            ]}
          />
          <Group>
            <Button variant="default" onClick={replacing.open}>
              {words.replace}
            </Button>
            <Button variant="default" onClick={changing.open}>
              {form.change}
            </Button>
            <DeleteCredential credentialId={kept.id} text={words.deleteContent(kept.name)} />
          </Group>
        </Stack>
      </Part>
      {isReplacing && <Replace kept={kept} onGone={replacing.close} />}
      {isChanging && <Change kept={kept} onGone={changing.close} />}
    </Card>
  );
}

type AskProps = { kept: Kept; onGone: () => void };

/** What is typed stands in its field alone, which goes with the dialog: no state and no draft has it. */
function Replace({ kept, onGone }: AskProps) {
  const { credentials: words, form } = useAdminWords();
  const renew = useRenewed(kept.id);
  const typed = useRef<HTMLTextAreaElement>(null);
  const [file, choose] = useState<File | null>(null);
  async function put() {
    const content = file ?? typed.current?.value ?? "";
    await answer(
      api.PUT("/api/locum/v1/Secret/{credentialId}/Content", {
        params: { path: { credentialId: kept.id } },
        body: content as string,
        bodySerializer: (body) => body,
        headers: { "Content-Type": "application/octet-stream" },
      }),
    );
    await renew();
  }
  return (
    <Ask title={words.replaceTitle(kept.name)} label={words.replace} act={put} onGone={onGone}>
      <Textarea
        ref={typed}
        label={words.newContent}
        description={words.contentHints[kept.kind]}
        required={!file}
        disabled={file !== null}
        rows={6}
        spellCheck={false}
        autoComplete="off"
        data-autofocus
      />
      <FileInput
        label={words.fromFile}
        description={words.fromFileHint}
        placeholder={form.choose}
        clearable
        clearButtonProps={{ "aria-label": form.clear }}
        value={file}
        onChange={choose}
      />
    </Ask>
  );
}

function Change({ kept, onGone }: AskProps) {
  const words = useAdminWords();
  const renew = useRenewed(kept.id);
  const draft = useDraft({ username: kept.name, description: kept.description ?? "" });
  async function change() {
    const params = { path: { id: kept.id } };
    await answer(api.PUT("/api/v1/Credential/{id}", { params, body: draft.value }));
    await renew();
  }
  return (
    <Ask title={words.form.change} label={words.form.save} act={change} onGone={onGone}>
      <TextInput label={words.form.name} required maxLength={256} data-autofocus {...draft.text("username")} />
      <Textarea label={words.credentials.description} maxLength={1000} autosize {...draft.text("description")} />
    </Ask>
  );
}
