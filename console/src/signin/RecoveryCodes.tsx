import { List, Text } from "@mantine/core";
import { useWords } from "../words";

/** Recovery codes, which the server shows this once. */
export function RecoveryCodes({ codes }: { codes: string[] }) {
  const words = useWords();
  return (
    <>
      <Text size="sm">{words.signIn.recoveryIntro}</Text>
      <List className="recovery" listStyleType="none" aria-label={words.signIn.recoveryCodes}>
        {codes.map((code) => (
          <List.Item key={code}>{code}</List.Item>
        ))}
      </List>
    </>
  );
}
