import { describe, expect, it } from "vitest";
import { linesOf } from "./lines";

function inPieces(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

describe("lines that come in pieces", () => {
  it("are whole, wherever the pieces end", async () => {
    const bytes = new TextEncoder().encode('{"version":2}\n[0.5,"o","ä"]\n[1,"o"');
    for (const cut of [1, 13, 14, 25, 26, bytes.length]) {
      const found = [];
      for await (const line of linesOf(inPieces(bytes.slice(0, cut), bytes.slice(cut)))) found.push(line);
      expect(found).toEqual(['{"version":2}', '[0.5,"o","ä"]']);
    }
  });
});
