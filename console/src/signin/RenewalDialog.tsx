/** Asks who was signed out to sign in again. */
import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { useWords } from "../words";
import { renewed } from "./renewal";
import { SignInForm } from "./SignInForm";
import { askWho, type Who } from "./who";

export default function RenewalDialog({ who }: { who: Who }) {
  const words = useWords();

  async function done() {
    const now = await askWho();
    // Somebody else must see nothing of what was asked before.
    if (now?.identityId === who.identityId) renewed();
    else window.location.assign("/");
  }

  return (
    <Modal
      opened
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
