/** A session's shell in the browser, with its time, its end and its files beside it. */
import { Alert, Anchor, Badge, Button, Group, Skeleton, Stack, Text, useComputedColorScheme } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Terminal } from "@xterm/xterm";
import { type RefObject, useEffect, useRef, useState } from "react";
import { Countdown } from "../sessions/Connect";
import { EndButton, ExtendButton } from "../sessions/Controls";
import { useSession, type Whole } from "../sessions/SessionPage";
import { answer, api } from "../shared/api";
import { Page } from "../shared/Page";
import { OPEN } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { Files } from "./Files";
import { copy, openScreen, THEMES } from "./screen";
import { connect, type Opened, sizeOf, type Wire } from "./wire";

const route = getRouteApi("/sessions/$id/terminal");
const ACTIVE = 1;

type State = { is: "connecting" } | ({ is: "open" } & Opened) | { is: "over"; reason: string | null };

export default function TerminalPage() {
  const words = useWords();
  const { id } = route.useParams();
  const session = useSession(id);
  const { data } = session;
  return (
    <Page
      title={data ? words.session.title(data.activityName ?? "", data.targetName ?? "") : words.terminal.title}
      aside={
        <Anchor component={Link} to="/sessions/$id" params={{ id } as never}>
          {words.live.session}
        </Anchor>
      }
    >
      <Trouble error={session.error} onRetry={() => void session.refetch()} />
      {data ? <Work session={data} /> : !session.error && <Skeleton height={320} radius="lg" />}
    </Page>
  );
}

function Work({ session }: { session: Whole }) {
  const words = useWords();
  const [state, setState] = useState<State>({ is: "connecting" });
  const [attempt, setAttempt] = useState(0);
  const [trouble, setTrouble] = useState<unknown>(null);
  const screen = useRef<Terminal>(null);
  const tools = useRef<HTMLDivElement>(null);
  const isActive = session.sessionStatus === ACTIVE;
  const again = () => {
    setTrouble(null);
    setAttempt(attempt + 1);
  };
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm" ref={tools}>
        <Group gap="sm">
          <Badge color={state.is === "open" ? "green" : "gray"} variant="light" size="lg" tt="none" role="status">
            {words.terminal[state.is]}
          </Badge>
          {isActive && session.endDateTimeUtc && <Countdown until={session.endDateTimeUtc} />}
        </Group>
        <Group gap="xs">
          <Clipboard screen={screen} isOpen={state.is === "open"} onTrouble={setTrouble} />
          {isActive && session.allowsExtension && <ExtendButton id={session.id} />}
          {OPEN.has(session.sessionStatus) && session.sessionStatus !== 2 && <EndButton id={session.id} />}
        </Group>
      </Group>
      {session.locked && <Alert color="red">{words.session.isLocked}</Alert>}
      {state.is === "over" && (
        <Alert color={state.reason ? "gray" : "yellow"} variant="light" role="alert" className="breaks">
          <Group justify="space-between" gap="sm">
            <Text size="sm">{state.reason ?? words.terminal.lost}</Text>
            {isActive && (
              <Button size="xs" onClick={again}>
                {words.terminal.again}
              </Button>
            )}
          </Group>
        </Alert>
      )}
      <Trouble error={trouble} />
      <Screen
        sessionId={session.id}
        attempt={attempt}
        screen={screen}
        onState={setState}
        onTrouble={setTrouble}
        onLeave={() => tools.current?.querySelector("button")?.focus()}
      />
      <Text size="xs" c="dimmed">
        {words.terminal.hint}
      </Text>
      {state.is === "open" && (state.upload || state.download) && <Files {...state} />}
    </Stack>
  );
}

type Shown = {
  sessionId: string;
  attempt: number;
  screen: RefObject<Terminal | null>;
  onState: (state: State) => void;
  onTrouble: (error: unknown) => void;
  onLeave: () => void;
};

function Screen({ sessionId, attempt, screen, onState, onTrouble, onLeave }: Shown) {
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (!place.current) return;
    const opened = openScreen(place.current, scheme, { onLeave, fits: true });
    screen.current = opened;
    return () => {
      screen.current = null;
      opened.dispose();
    };
  }, []);
  useEffect(() => {
    if (screen.current) screen.current.options.theme = THEMES[scheme];
  }, [scheme]);
  useEffect(() => {
    const opened = screen.current;
    if (!opened) return;
    let wire: Wire | undefined;
    let isGone = false;
    const sizing = opened.onResize(() => wire?.tell(sizeOf(opened)));
    onState({ is: "connecting" });
    const path = { params: { path: { sessionId } } };
    answer(api.POST("/api/locum/v1/ActivitySession/{sessionId}/Terminal", path)).then(
      ({ ticket }) => {
        if (isGone) return;
        const first = { ticket, ...sizeOf(opened) };
        wire = connect<Opened>(`/api/locum/v1/ActivitySession/${sessionId}/Terminal`, first, opened, {
          onWords: (told) => onState({ is: "open", ...told }),
          onEnd: (reason) => onState({ is: "over", reason }),
        });
        opened.focus();
      },
      (error: unknown) => {
        if (isGone) return;
        onState({ is: "over", reason: null });
        onTrouble(error);
      },
    );
    return () => {
      isGone = true;
      sizing.dispose();
      wire?.leave();
    };
  }, [sessionId, attempt]);
  return <section ref={place} aria-label={words.terminal.screen} className="terminal-screen" />;
}

type Copying = { screen: RefObject<Terminal | null>; isOpen: boolean; onTrouble: (error: unknown) => void };

function Clipboard({ screen, isOpen, onTrouble }: Copying) {
  const words = useWords();
  const paste = async (opened: Terminal) => opened.paste(await navigator.clipboard.readText());
  const act = (what: (opened: Terminal) => Promise<void>) => {
    const opened = screen.current;
    if (!opened) return;
    what(opened).catch(onTrouble);
    opened.focus();
  };
  return (
    <>
      <Button size="sm" variant="default" onClick={() => act(copy)}>
        {words.terminal.copy}
      </Button>
      <Button size="sm" variant="default" disabled={!isOpen} onClick={() => act(paste)}>
        {words.terminal.paste}
      </Button>
    </>
  );
}
