/** Changes what is known of a login. A secret that is left empty stays as it is. */
import { Checkbox, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { Ask } from "../../me/Ask";
import { answer, api, type Model } from "../../shared/api";
import { useDraft } from "../../shared/draft";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";
import { useRenewed } from "./credential";

export function ChangeCredential({ credential, onGone }: { credential: Model<"CredentialDto">; onGone: () => void }) {
  const words = useAdminWords();
  const shared = useWords();
  const renew = useRenewed(credential.id);
  const draft = useDraft({
    name: credential.name ?? "",
    description: credential.description ?? "",
    sudoCommand: credential.sudoCommand ?? "",
    changeOnCheckout: credential.changeOnCheckout ?? false,
    changeOnRelease: credential.changeOnRelease ?? false,
    password: "",
  });
  async function change() {
    const { password, ...rest } = draft.value;
    await answer(
      api.PUT("/api/v1/Credential/{id}", {
        params: { path: { id: credential.id } },
        body: { ...rest, ...(password ? { password } : {}) },
      }),
    );
    await renew();
  }
  return (
    <Ask title={words.form.change} label={words.form.save} act={change} onGone={onGone}>
      <TextInput label={words.credentials.name} maxLength={256} {...draft.text("name")} data-autofocus />
      <Textarea label={words.credentials.description} maxLength={1000} autosize {...draft.text("description")} />
      <PasswordInput
        label={words.credentials.newPassword}
        description={words.credentials.newPasswordHint}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": shared.signIn.showPassword }}
        {...draft.text("password")}
      />
      <TextInput
        label={words.credentials.sudo}
        description={words.credentials.sudoHint}
        maxLength={256}
        {...draft.text("sudoCommand")}
      />
      <Checkbox label={words.credentials.changeOnCheckout} {...draft.flag("changeOnCheckout")} />
      <Checkbox label={words.credentials.changeOnRelease} {...draft.flag("changeOnRelease")} />
    </Ask>
  );
}
