/** One's own password. */
import { Button, Paper, PasswordInput, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { signInCall } from "../shared/api";
import { PasswordRules } from "../signin/PasswordRules";
import { useWords } from "../words";
import { Ask } from "./Ask";
import { Part } from "./Part";

export function Password() {
  const words = useWords();
  const [isChanging, changing] = useDisclosure();
  const [isChanged, setChanged] = useState(false);
  return (
    <Part
      id="password"
      title={words.password.title}
      intro={words.password.intro}
      aside={<Button onClick={changing.open}>{words.password.change}</Button>}
    >
      {isChanged && (
        <Paper withBorder p="md" radius="lg" className="raised">
          <Text size="sm" role="status">
            {words.password.changed}
          </Text>
        </Paper>
      )}
      {isChanging && <Change onDone={() => setChanged(true)} onGone={changing.close} />}
    </Part>
  );
}

function Change({ onDone, onGone }: { onDone: () => void; onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  async function change() {
    // A wrong password is a 401, which elsewhere means that the sign-in has ended. The answer's token is not used.
    const path = "/api/v1/ManagedAccount/ChangeLocalUserPassword";
    await signInCall<string>("PUT", path, { json: { passwordOld: old, passwordNew: fresh } });
    void queries.invalidateQueries({ queryKey: ["me"] });
    onDone();
  }
  const toggle = { "aria-label": words.signIn.showPassword };
  return (
    <Ask title={words.password.change} label={words.password.change} act={change} onGone={onGone}>
      <PasswordInput
        label={words.signIn.oldPassword}
        autoComplete="current-password"
        required
        data-autofocus
        visibilityToggleButtonProps={toggle}
        value={old}
        onChange={(event) => setOld(event.currentTarget.value)}
      />
      <PasswordInput
        label={words.signIn.newPassword}
        autoComplete="new-password"
        required
        visibilityToggleButtonProps={toggle}
        value={fresh}
        onChange={(event) => setFresh(event.currentTarget.value)}
      />
      <PasswordRules text={fresh} />
    </Ask>
  );
}
