/** A terminal's WebSocket, as the server speaks it: binary is what is typed and shown, JSON is everything else. */
import type { Terminal } from "@xterm/xterm";

export type Opened = { terminal: string; upload: boolean; download: boolean };
type Told<Words> = {
  onWords: (words: Words) => void;
  /** `reason` is the server's word; without one the connection was lost. */
  onEnd: (reason: string | null) => void;
};
export type Wire = { tell: (words: object) => void; leave: () => void };

const PIECE_BYTES = 16 * 1024;

export const sizeOf = (screen: Terminal) => ({ columns: screen.cols, rows: screen.rows });

/** Connects a screen to the WebSocket at `path`, which begins with the words `first`. */
export function connect<Words>(path: string, first: object, screen: Terminal, told: Told<Words>): Wire {
  const socket = new WebSocket(`wss://${window.location.host}${path}`);
  socket.binaryType = "arraybuffer";
  let reason: string | null = null;
  const tell = (words: object) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
  };
  const type = (bytes: Uint8Array<ArrayBuffer>) => {
    for (let start = 0; start < bytes.length && socket.readyState === WebSocket.OPEN; start += PIECE_BYTES) {
      socket.send(bytes.subarray(start, start + PIECE_BYTES));
    }
  };
  const listening = [
    screen.onData((text) => type(new TextEncoder().encode(text))),
    screen.onBinary((text) => type(Uint8Array.from(text, (one) => one.charCodeAt(0)))),
  ];
  socket.onopen = () => tell(first);
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === "string") {
      const words = JSON.parse(data) as Words & { ended?: string };
      if (words.ended !== undefined) reason = words.ended;
      else told.onWords(words);
      return;
    }
    // The server sends only so much ahead of what the screen has shown.
    screen.write(new Uint8Array(data), () => tell({ shown: data.byteLength }));
  };
  const leave = () => {
    for (const one of listening) one.dispose();
    socket.onclose = null;
    socket.close();
  };
  socket.onclose = () => {
    leave();
    told.onEnd(reason);
  };
  return { tell, leave };
}
