/** What went wrong, in the server's words, or ours for what the browser did with a passkey. */
import { Alert, Button, Group } from "@mantine/core";
import { useWords, type Words } from "../words";
import { Refusal } from "./api";

export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const words = useWords();
  if (!error) return null;
  const text = told(error, words);
  return (
    <Alert color="red" variant="light" role="alert" title={words.shared.trouble}>
      <Group justify="space-between" gap="sm">
        <span className="breaks">{text}</span>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {words.shared.retry}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

function told(error: unknown, words: Words): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof DOMException) return words.passkeys.troubles[error.name] ?? words.passkeys.trouble;
  return words.shared.unreachable;
}
