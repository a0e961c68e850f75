/** Signing in again in place, where a sign-in ended while its page was open. Nothing on the page is lost. */
import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useWords } from "../words";
import { renewal, renewed } from "./renewal";
import { SignInForm } from "./SignInForm";
import { askWho, type Who } from "./who";

export function Renewal({ who }: { who: Who }) {
  const words = useWords();
  const isNeeded = useSyncExternalStore(renewal.subscribe, renewal.isNeeded);

  async function done() {
    const now = await askWho();
    // Somebody else must see nothing of what was asked before.
    if (now?.identityId === who.identityId) renewed();
    else window.location.assign("/");
  }

  return (
    <Modal
      opened={isNeeded}
      zIndex={500}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={words.signIn.againTitle}
    >
      <Stack gap="md">
        <Text size="sm">{words.signIn.againIntro}</Text>
        <SignInForm name={who.name} onDone={() => void done()} />
        <Anchor component="button" type="button" size="sm" onClick={() => window.location.assign("/")}>
          {words.signIn.somebodyElse}
        </Anchor>
      </Stack>
    </Modal>
  );
}
