export type State = "done" | "now" | "next" | "failed";

/** The state of each of the five steps. `hasRun`: the session was active once. */
export function statesOf(status: number, hasRun: boolean): State[] {
  switch (status) {
    case -1:
      return ["done", "now", "next", "next", "next"];
    case 0:
      return ["done", "done", "now", "next", "next"];
    case 1:
      return ["done", "done", "done", "now", "next"];
    case 2:
      return ["done", "done", "done", hasRun ? "done" : "next", "now"];
    case 6:
    case 7:
      return ["done", "failed", "next", "next", "next"];
    case 4:
      return hasRun ? ["done", "done", "done", "done", "failed"] : ["done", "done", "failed", "next", "next"];
    default:
      return hasRun ? ["done", "done", "done", "done", "done"] : ["done", "next", "next", "next", "done"];
  }
}
