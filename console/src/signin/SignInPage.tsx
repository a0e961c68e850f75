/** The first page for who isn't signed in, at whatever address they came to. */
import { Container, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Appearance } from "../shell/Appearance";
import { Mark } from "../shared/icons";
import { useTitle } from "../shared/useTitle";
import { useWords } from "../words";
import { SignInForm } from "./SignInForm";

export function SignInPage({ onDone }: { onDone: () => void }) {
  const words = useWords();
  useTitle(words.signIn.title);
  return (
    <div className="signin">
      <Container size={420} component="main" className="signin-box">
        <Stack gap="lg">
          <Group gap="sm">
            <Mark size={36} />
            <div>
              <Title order={1} size="h3">
                {words.signIn.heading}
              </Title>
              <Text size="sm" c="dimmed">
                {words.signIn.subtitle}
              </Text>
            </div>
          </Group>
          <Paper withBorder p="xl" radius="lg" className="raised">
            <SignInForm onDone={onDone} />
          </Paper>
          <Group justify="center">
            <Appearance />
          </Group>
        </Stack>
      </Container>
    </div>
  );
}
