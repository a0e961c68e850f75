/** The WebSocket of a terminal, as the server speaks it: binary is what is typed and shown, JSON is everything else. */
import type { Terminal } from "@xterm/xterm";

export type Opened = { terminal: string; upload: boolean; download: boolean };
type Told = {
  onReady: (opened: Opened) => void;
  /** `reason` is the server's word; without one the connection was lost. */
  onEnd: (reason: string | null) => void;
};

const PIECE_BYTES = 16 * 1024;

/** Connects a screen to the WebSocket at `path`. What is returned leaves again, and says nothing any more. */
export function connect(path: string, ticket: string, screen: Terminal, told: Told): () => void {
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
  const size = () => ({ columns: screen.cols, rows: screen.rows });
  const listening = [
    screen.onData((text) => type(new TextEncoder().encode(text))),
    screen.onBinary((text) => type(Uint8Array.from(text, (one) => one.charCodeAt(0)))),
    screen.onResize(() => tell(size())),
  ];
  socket.onopen = () => tell({ ticket, ...size() });
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data === "string") {
      const words = JSON.parse(data) as Partial<Opened> & { ended?: string };
      if (words.ended !== undefined) reason = words.ended;
      else if (words.terminal) told.onReady(words as Opened);
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
  return leave;
}
