/** Who is asked about a session, and what they said. Nothing, where nobody was asked. */
import { Paper, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";
import { OPEN } from "../shared/StatusPill";
import { useWords } from "../words";

const REFRESH_MS = 3_000;

export function Approvals({ id, status }: { id: string; status: number }) {
  const words = useWords();
  const interval = useInterval(REFRESH_MS);
  const asked = useQuery({
    // With each status anew: what made it the last one may have come after the last question.
    queryKey: ["session", id, "approvals", status],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(api.GET("/api/v1/ApprovalWorkflow/Approval", { params: { query: { activitySessionId: id } } })),
    refetchInterval: OPEN.has(status) && interval,
  });
  if (!asked.data?.length) return null;
  const says = [words.session.waitsFor, words.session.approvedBy, words.session.deniedBy];
  return (
    <Paper withBorder p="lg" radius="lg" className="raised" component="section" aria-labelledby="approvals">
      <Title order={2} size="h4" mb="sm" id="approvals">
        {words.session.approvals}
      </Title>
      <ul className="plain">
        {asked.data.map((one) => {
          const name = one.modifiedByUserName ?? one.approverAccount?.displayName ?? one.approverAccount?.name ?? "";
          return (
            <li key={one.id} className="breaks">
              {says[one.approvalState]?.(name)}
              {one.approverNotes && (
                <Text size="sm" c="dimmed">
                  {one.approverNotes}
                </Text>
              )}
            </li>
          );
        })}
      </ul>
    </Paper>
  );
}
