/** What went wrong, in the server's words. */
import { Alert, Button, Group } from "@mantine/core";
import { useWords } from "../words";
import { Refusal } from "./api";

export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const words = useWords();
  if (!error) return null;
  const text = error instanceof Refusal ? error.message : words.shared.unreachable;
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
