/** The whole lines of a text that comes in pieces; what is left without an end is none. */
export async function* linesOf(sent: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = sent.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
