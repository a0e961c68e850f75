/** A session's status, in words and a colour. */
import { Badge } from "@mantine/core";
import { useWords } from "../words";

const COLOURS: Record<number, string> = {
  [-1]: "yellow",
  0: "blue",
  1: "green",
  2: "orange",
  3: "gray",
  4: "red",
  5: "gray",
  6: "red",
  7: "red",
};

export function StatusPill({ status, locked = false }: { status: number; locked?: boolean }) {
  const words = useWords();
  return (
    <Badge variant="light" color={locked ? "red" : (COLOURS[status] ?? "gray")} tt="none" size="lg">
      {locked ? words.locked : (words.status[status] ?? status)}
    </Badge>
  );
}

/** Statuses in which a session still changes by itself or at its user's word. */
export const OPEN = new Set([-1, 0, 1, 2]);
