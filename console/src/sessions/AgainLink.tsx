/** The way to ask for the same again, with the same words (SES-15). */
import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useWords } from "../words";
import type { Session } from "./SessionsPage";

export function AgainLink({ session }: { session: Session }) {
  const words = useWords();
  const name = words.session.title(session.activityName ?? "", session.targetName ?? "");
  return (
    <Anchor
      component={Link}
      to="/"
      search={{ ask: session.activityId, again: session.id } as never}
      aria-label={words.requests.againOf(name)}
      size="sm"
    >
      {words.requests.again}
    </Anchor>
  );
}
