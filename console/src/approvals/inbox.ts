import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";

const REFRESH_MS = 5_000;

/** What waits for one: asked by the page and by the menu, which shows how much it is. */
export function useInbox() {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["inbox"],
    queryFn: () => answer(api.GET("/api/v1/ApprovalWorkflow/Approval")),
    refetchInterval: interval,
    // Who comes to the page sees what waits now, not what the menu knew.
    refetchOnMount: "always",
  });
}
