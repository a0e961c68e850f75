/** How one proves who one is: passkeys, authenticator app, SSH keys; and where one is signed in. */
import { Stack } from "@mantine/core";
import { Page } from "../shared/Page";
import { useWords } from "../words";
import { Passkeys } from "./Passkeys";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { SignIns } from "./SignIns";
import { SshKeys } from "./SshKeys";

export default function SecurityPage() {
  const words = useWords();
  return (
    <Page title={words.me.title} intro={words.me.intro}>
      <Stack gap="xl">
        <Password />
        <Passkeys />
        <SecondFactor />
        <SshKeys />
        <SignIns />
      </Stack>
    </Page>
  );
}
