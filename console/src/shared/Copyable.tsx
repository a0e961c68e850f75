/** A line of text to take along. */
import { ActionIcon, Code, CopyButton, Group, Tooltip } from "@mantine/core";
import { useWords } from "../words";
import { ApprovalIcon, CopyIcon } from "./icons";

export function Copyable({ text, label }: { text: string; label: string }) {
  const words = useWords();
  return (
    <Group gap="xs" wrap="nowrap" align="stretch">
      <Code block className="copyable" aria-label={label} tabIndex={0} role="textbox" aria-readonly="true">
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? words.shared.copied : words.shared.copy}>
            <ActionIcon
              variant={copied ? "filled" : "default"}
              size="xl"
              onClick={copy}
              aria-label={copied ? words.shared.copied : words.shared.copy}
            >
              {copied ? <ApprovalIcon /> : <CopyIcon />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
