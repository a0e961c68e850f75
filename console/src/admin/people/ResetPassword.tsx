/** Gives a local user a first password again; they choose one of their own at the next sign-in. */
import { Button, PasswordInput, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Ask } from "../../me/Ask";
import { answer, api } from "../../shared/api";
import { useDraft } from "../../shared/draft";
import { useWords } from "../../words";
import { useAdminWords } from "../../words/admin";

export function ResetPassword({ personId, then }: { personId: string; then: () => unknown }) {
  const words = useAdminWords();
  const [isAsking, asking] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={asking.open}>
        {words.people.resetPassword}
      </Button>
      {isAsking && <Reset personId={personId} then={then} onGone={asking.close} />}
    </>
  );
}

function Reset({ personId, then, onGone }: { personId: string; then: () => unknown; onGone: () => void }) {
  const words = useAdminWords();
  const shared = useWords();
  const draft = useDraft({ passwordNew: "" });
  async function reset() {
    await answer(
      api.PUT("/api/v1/ManagedAccount/ResetLocalUserPassword/{managedAccountId}", {
        params: { path: { managedAccountId: personId } },
        body: draft.value,
      }),
    );
    await then();
  }
  return (
    <Ask title={words.people.resetPassword} label={words.people.resetPassword} act={reset} onGone={onGone}>
      <Text size="sm">{words.people.resetPasswordText}</Text>
      <PasswordInput
        label={words.people.firstPassword}
        required
        autoComplete="new-password"
        data-autofocus
        visibilityToggleButtonProps={{ "aria-label": shared.signIn.showPassword }}
        {...draft.text("passwordNew")}
      />
    </Ask>
  );
}
