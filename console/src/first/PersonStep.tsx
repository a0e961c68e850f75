/** Who is to have the access: oneself, or somebody new. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { PasswordRules } from "../signin/PasswordRules";
import { useWho } from "../signin/who";
import { useWords } from "../words";

export function PersonStep({ onDone }: { onDone: (personId: string) => void }) {
  const words = useWords();
  const who = useWho();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const adding = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/ManagedAccount/CreateLocalUser", {
          body: {
            managedAccountView: { name },
            localUserPasswordChangeRequest: { passwordNew: password },
            changePasswordNextLogin: true,
          },
        }),
      ),
    onSuccess: (made) => onDone(made.id),
  });
  return (
    <Stack gap="md">
      <Group>
        <Button onClick={() => onDone(who.identityId)}>{words.first.person.myself}</Button>
      </Group>
      <Text size="sm">{words.first.person.other}</Text>
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          adding.mutate();
        }}
      >
        <Stack gap="md">
          <div className="pair">
            <TextInput
              label={words.first.person.name}
              autoComplete="off"
              required
              maxLength={256}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label={words.first.person.password}
              description={words.first.person.passwordHint}
              autoComplete="off"
              required
              maxLength={256}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          </div>
          {password && <PasswordRules text={password} />}
          <Trouble error={adding.error} />
          <Group>
            <Button type="submit" variant="default" loading={adding.isPending}>
              {words.first.person.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
