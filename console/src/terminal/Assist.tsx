/** Typing in a connection that one watches: beside its user, or in their place. */
import { Button, Group, Stack, Text, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { show } from "../recordings/live";
import { answer, api } from "../shared/api";
import { useWho } from "../signin/who";
import { useWords } from "../words";
import { openScreen } from "./screen";
import { connect, type Wire } from "./wire";

const TAKES_OVER = "sessions:live:takeover";
type Props = { connectionId: string; onEnd: () => void; onStop: () => void; onTrouble: (error: unknown) => void };
type Words = { assisting?: true; takenOver?: boolean };

export default function Assist({ connectionId, onEnd, onStop, onTrouble }: Props) {
  const words = useWords();
  const who = useWho();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const stop = useRef<HTMLButtonElement>(null);
  const wire = useRef<Wire>(null);
  const [isBegun, setBegun] = useState(false);
  const [isTaken, setTaken] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const screen = openScreen(place.current, scheme, { onLeave: () => stop.current?.focus(), fits: false });
    const leaving = new AbortController();
    const failed = (error: unknown) => {
      if (leaving.signal.aborted) return;
      onTrouble(error);
      onStop();
    };
    const shown = (event: string, data?: unknown) => {
      if (event === "output") screen.write(data as string);
      const size = event === "reset" ? (data as { size: Size }).size : event === "resize" ? (data as Size) : null;
      if (size) screen.resize(size.cols, size.rows);
    };
    show(connectionId, leaving.signal, shown).then(onEnd, failed);
    const path = { params: { path: { connectionId } } };
    answer(api.POST("/api/locum/v1/Recording/{connectionId}/Assist", path)).then(({ ticket }) => {
      if (leaving.signal.aborted) return;
      wire.current = connect<Words>(`/api/locum/v1/Recording/${connectionId}/Assist`, { ticket }, screen, {
        onWords: ({ assisting, takenOver }) => {
          if (assisting) setBegun(true);
          if (takenOver !== undefined) setTaken(takenOver);
        },
        onEnd: (reason) => failed(new Error(reason ?? words.terminal.lost)),
      });
      screen.focus();
    }, failed);
    return () => {
      leaving.abort();
      wire.current?.leave();
      screen.dispose();
    };
  }, [connectionId]);
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Text size="sm" role="status">
          {isTaken ? words.assist.taken : isBegun ? words.assist.begun : words.terminal.connecting}
        </Text>
        {who.permissions.includes(TAKES_OVER) && (
          <Button
            size="xs"
            disabled={!isBegun}
            color={isTaken ? "green" : "red"}
            variant="outline"
            onClick={() => wire.current?.tell({ takeOver: !isTaken })}
          >
            {isTaken ? words.assist.giveBack : words.assist.takeOver}
          </Button>
        )}
        <Button size="xs" variant="default" ref={stop} onClick={onStop}>
          {words.assist.stop}
        </Button>
      </Group>
      <section ref={place} aria-label={words.live.screen} className="terminal-watched" />
      <Text size="xs" c="dimmed">
        {words.terminal.hint}
      </Text>
    </Stack>
  );
}

type Size = { cols: number; rows: number };
