/** Follows a connection as the server sends it: asciicast v2, a line as it happens, until the connection ends. */
import type { Source } from "asciinema-player";
import { answer, api } from "../shared/api";
import { linesOf } from "./lines";

type Driver = (callbacks: { dispatch: (event: string, data?: unknown) => void }) => {
  play: () => void;
  stop: () => void;
  getTiming: () => { time: number; rate: number };
};
type Told = { onEnd: () => void; onTrouble: (error: unknown) => void };

/** A source for the player, which takes functions too; its types do not say so. */
export function follow(connectionId: string, told: Told): Source {
  const leaving = new AbortController();
  const driver: Driver = ({ dispatch }) => ({
    play: () => {
      dispatch("play");
      dispatch("playing");
      show(connectionId, leaving.signal, dispatch).then(told.onEnd, (error: unknown) => {
        if (!leaving.signal.aborted) told.onTrouble(error);
      });
    },
    stop: () => leaving.abort(),
    getTiming: () => ({ time: 0, rate: 0 }),
  });
  return driver as unknown as Source;
}

/** Tells what is shown, until the connection ends. */
export async function show(id: string, signal: AbortSignal, dispatch: (event: string, data?: unknown) => void) {
  const sent = await answer(
    api.GET("/api/locum/v1/Recording/{connectionId}/Live", {
      params: { path: { connectionId: id } },
      parseAs: "stream",
      signal,
    }),
  );
  let isHead = true;
  for await (const line of linesOf(sent as unknown as ReadableStream<Uint8Array>)) {
    const found: unknown = JSON.parse(line);
    if (isHead) {
      const { width: cols, height: rows } = found as { width: number; height: number };
      dispatch("reset", { size: { cols, rows }, theme: null });
      isHead = false;
      continue;
    }
    const [, kind, text] = found as [number, string, string];
    if (kind === "o") dispatch("output", text);
    if (kind === "r") {
      const [cols = 80, rows = 24] = text.split("x").map(Number);
      dispatch("resize", { cols, rows });
    }
  }
}
