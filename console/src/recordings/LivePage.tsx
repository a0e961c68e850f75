/** A connection as it goes on, with what an administrator can do about it beside it. */
import { Alert, Anchor, Badge, Button, Paper, Skeleton, Stack, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { create } from "asciinema-player";
import "asciinema-player/dist/bundle/asciinema-player.css";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { EndButton } from "../sessions/Controls";
import { LockPanel } from "../sessions/LockPanel";
import { useSession } from "../sessions/SessionPage";
import { Page } from "../shared/Page";
import { OPEN } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { askWho, useWho } from "../signin/who";
import { useWords } from "../words";
import { follow } from "./live";

const route = getRouteApi("/sessions/$id/live/$connectionId");
const ACTIVE = 1;
const WATCHES = "recordings:live:view";
const ASSISTS = "sessions:live:assist";
const Assist = lazy(() => import("../terminal/Assist"));

export default function LivePage() {
  const words = useWords();
  const { id, connectionId } = route.useParams();
  const session = useSession(id);
  const who = useWho();
  const [assists, setAssists] = useState(false);
  const [end, setEnd] = useState<"ended" | "lost" | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const { data } = session;
  // The picture stops in the same way with the connection and with the right to see it.
  const stopped = () =>
    askWho().then((who) => setEnd(who && !who.permissions.includes(WATCHES) ? "lost" : "ended"), setTrouble);
  const what = data ? words.session.title(data.activityName ?? "", data.targetName ?? "") : "";
  return (
    <Page
      title={data ? `${data.userDisplayName}: ${what}` : words.live.title}
      aside={
        <Badge color={end ? "gray" : "red"} variant="light" size="lg" tt="none" role="status">
          {words.live[end ?? "now"]}
        </Badge>
      }
    >
      <Stack gap="lg">
        {end === "lost" ? <Alert color="red">{words.live.lostText}</Alert> : <Trouble error={session.error ?? trouble} />}
        <div className="live">
          <Paper withBorder p="sm" radius="lg" className="raised">
            {assists ? (
              <Suspense fallback={<Skeleton height={320} radius="lg" />}>
                <Assist
                  connectionId={connectionId}
                  onEnd={() => void stopped()}
                  onStop={() => setAssists(false)}
                  onTrouble={setTrouble}
                />
              </Suspense>
            ) : (
              <Screen connectionId={connectionId} onEnd={() => void stopped()} onTrouble={setTrouble} />
            )}
          </Paper>
          <Stack gap="lg">
            {!end && !assists && who.permissions.includes(ASSISTS) && (
              <Button
                variant="default"
                onClick={() => {
                  setTrouble(null);
                  setAssists(true);
                }}
              >
                {words.assist.begin}
              </Button>
            )}
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
