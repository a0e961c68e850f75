/**
 * Keeps a login, or another secret. What is typed goes to the vault and comes back only when somebody reveals it: fields
 * for secrets don't grow with it, as what measures a growing field keeps its text in the page.
 */
import { Checkbox, NativeSelect, PasswordInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { answer, api, type Given } from "../../shared/api";
import { type Draft, DraftForm, useDraft } from "../../shared/draft";
import { Page } from "../../shared/Page";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { Card } from "../Card";

const PASSWORD = 0;
const KEY = 1;
const FRESH = {
  kind: "login",
  username: "",
  domain: "",
  name: "",
  description: "",
  type: 1,
  authenticationMethod: PASSWORD,
  password: "",
  privateKey: "",
  passphrase: "",
  sudoCommand: "",
  changeOnCheckout: false,
  changeOnRelease: false,
  contentName: "",
  content: "",
};
type Fresh = typeof FRESH;

export default function NewCredentialPage() {
  const words = useAdminWords();
  const navigate = useNavigate();
  const draft = useDraft(FRESH);
  const isLogin = draft.value.kind === "login";
  return (
    <Page title={words.credentials.add} intro={words.credentials.addIntro}>
      <Card>
        <DraftForm
          draft={draft}
          label={words.credentials.add}
          save={() => (isLogin ? keepLogin(draft.value) : keepOther(draft.value))}
          onSaved={(id) => navigate({ to: "/admin/credentials/$id", params: { id } })}
        >
          <NativeSelect
            label={words.credentials.kind}
            data={Object.entries(words.credentials.kinds).map(([value, label]) => ({ value, label }))}
            value={draft.value.kind}
            onChange={(event) => draft.set("kind", event.currentTarget.value)}
          />
          {isLogin ? <Login draft={draft} /> : <Other draft={draft} />}
        </DraftForm>
      </Card>
    </Page>
  );
}

async function keepLogin(value: Fresh): Promise<string> {
  const { kind: _, contentName: __, content: ___, ...login } = value;
  const given = Object.fromEntries(Object.entries(login).filter(([, one]) => one !== ""));
  return (await answer(api.POST("/api/v1/Credential", { body: given as Given<"CredentialIn"> }))).id;
}

async function keepOther(value: Fresh): Promise<string> {
  const { kind, name, description, contentName, content } = value;
  const made = await answer(
    api.POST("/api/locum/v1/Secret", {
      params: { query: { kind, name, description: description || undefined, contentName: contentName || undefined } },
      body: content,
      bodySerializer: (text) => text,
      headers: { "Content-Type": "application/octet-stream" },
    }),
  );
  return made.id;
}

function Login({ draft }: { draft: Draft<Fresh> }) {
  const words = useAdminWords();
  const shared = useWords();
  const method = draft.value.authenticationMethod;
  const numbered = (names: Record<number, string>) => Object.entries(names).map(([value, label]) => ({ value, label }));
  const eye = { "aria-label": shared.signIn.showPassword };
  return (
    <Stack>
      <TextInput label={words.credentials.userName} required maxLength={256} {...draft.text("username")} />
      <TextInput
        label={words.credentials.domain}
        description={words.credentials.domainHint}
        maxLength={256}
        {...draft.text("domain")}
      />
      <TextInput label={words.credentials.name} maxLength={256} {...draft.text("name")} />
      <Textarea label={words.credentials.description} maxLength={1000} autosize {...draft.text("description")} />
      <NativeSelect label={words.credentials.type} data={numbered(words.credentials.types)} {...draft.choice("type")} />
      <NativeSelect
        label={words.credentials.signsInWith}
        data={numbered(words.credentials.methods)}
        {...draft.choice("authenticationMethod")}
      />
      {method !== KEY && (
        <PasswordInput
          label={words.credentials.password}
          autoComplete="new-password"
          required
          visibilityToggleButtonProps={eye}
          {...draft.text("password")}
        />
      )}
      {method !== PASSWORD && (
        <>
          <Textarea
            label={words.credentials.privateKey}
            description={words.credentials.privateKeyHint}
            required
            rows={4}
            spellCheck={false}
            autoComplete="off"
            {...draft.text("privateKey")}
          />
          <PasswordInput
            label={words.credentials.passphrase}
            autoComplete="new-password"
            visibilityToggleButtonProps={eye}
            {...draft.text("passphrase")}
          />
        </>
      )}
      <TextInput
        label={words.credentials.sudo}
        description={words.credentials.sudoHint}
        maxLength={256}
        {...draft.text("sudoCommand")}
      />
      <Checkbox label={words.credentials.changeOnCheckout} {...draft.flag("changeOnCheckout")} />
      <Checkbox label={words.credentials.changeOnRelease} {...draft.flag("changeOnRelease")} />
    </Stack>
  );
}

function Other({ draft }: { draft: Draft<Fresh> }) {
  const words = useAdminWords();
  return (
    <Stack>
      <TextInput label={words.form.name} required maxLength={256} {...draft.text("name")} />
      <Textarea label={words.credentials.description} maxLength={1000} autosize {...draft.text("description")} />
      <TextInput
        label={words.credentials.contentName}
        description={words.credentials.contentNameHint}
        maxLength={256}
        {...draft.text("contentName")}
      />
      <Textarea
        label={words.credentials.content}
        description={words.credentials.contentHints[draft.value.kind]}
        required
        rows={4}
        spellCheck={false}
        autoComplete="off"
        {...draft.text("content")}
      />
    </Stack>
  );
}
