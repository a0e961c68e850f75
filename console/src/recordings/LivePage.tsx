/** A connection as it goes on, with what an administrator can do about it beside it. */
import { Anchor, Badge, Paper, Stack, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { create } from "asciinema-player";
import "asciinema-player/dist/bundle/asciinema-player.css";
import { useEffect, useRef, useState } from "react";
import { EndButton } from "../sessions/Controls";
import { LockPanel } from "../sessions/LockPanel";
import { useSession } from "../sessions/SessionPage";
import { Page } from "../shared/Page";
import { OPEN } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { follow } from "./live";

const route = getRouteApi("/sessions/$id/live/$connectionId");
const ACTIVE = 1;

export default function LivePage() {
  const words = useWords();
  const { id, connectionId } = route.useParams();
  const session = useSession(id);
  const [hasEnded, setEnded] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const { data } = session;
  const what = data ? words.session.title(data.activityName ?? "", data.targetName ?? "") : "";
  return (
    <Page
      title={data ? `${data.userDisplayName}: ${what}` : words.live.title}
      aside={
        <Badge color={hasEnded ? "gray" : "red"} variant="light" size="lg" tt="none" role="status">
          {hasEnded ? words.live.ended : words.live.now}
        </Badge>
      }
    >
      <Stack gap="lg">
        <Trouble error={session.error ?? trouble} />
        <div className="live">
          <Paper withBorder p="sm" radius="lg" className="raised">
            <Screen connectionId={connectionId} onEnd={() => setEnded(true)} onTrouble={setTrouble} />
          </Paper>
          <Stack gap="lg">
            {data?.sessionStatus === ACTIVE && <LockPanel id={id} isLocked={data.locked} />}
            {data && OPEN.has(data.sessionStatus) ? <EndButton id={id} /> : <Text c="dimmed">{words.live.over}</Text>}
            <Anchor component={Link} to="/sessions/$id" params={{ id } as never}>
              {words.live.session}
            </Anchor>
          </Stack>
        </div>
      </Stack>
    </Page>
  );
}

type Watched = { connectionId: string; onEnd: () => void; onTrouble: (error: unknown) => void };

function Screen({ connectionId, onEnd, onTrouble }: Watched) {
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const source = follow(connectionId, { onEnd, onTrouble });
    const player = create(source, place.current, { fit: "width", autoPlay: true, controls: false, theme: "asciinema" });
    return () => player.dispose();
  }, [connectionId]);
  return <section ref={place} aria-label={words.live.screen} className="player" />;
}
