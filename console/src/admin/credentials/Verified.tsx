/** What the last look at a target said about a secret. */
import { Badge } from "@mantine/core";
import { useAdminWords } from "../../words/admin";

const COLOURS: Record<number, string> = { 1: "green", 2: "blue", 3: "yellow", 4: "red", 5: "red" };

export function Verified({ status }: { status: number }) {
  const words = useAdminWords();
  return (
    <Badge variant="light" tt="none" color={COLOURS[status] ?? "gray"}>
      {words.credentials.states[status] ?? status}
    </Badge>
  );
}
