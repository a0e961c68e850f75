/** Asks for an activity. All it needs to know is in the address, so that links lead to it. */
import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../shared/api";
import { Dialog } from "../shared/Dialog";
import { Empty } from "../shared/Page";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { AskForm } from "./AskForm";
import { asBefore, BLANK, type Prefilled } from "./prefilled";

export type Asked = {
  /** The activity. */
  ask: string;
  /** The resource or credential, and its name. */
  on?: string;
  named?: string;
  /** A session of one's own to ask for again. */
  again?: string;
};

export default function AskDialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const words = useWords();
  const { ask, on, named, again } = asked;
  const card = useQuery({
    queryKey: ["cards", "one", ask],
    queryFn: () =>
      answer(
        api.GET("/api/v1/AccessControlPolicy/ActivityCardWithPolicies", {
          params: { query: { activityId: ask, take: 1, skip: 0 } },
        }),
      ),
    select: (found) => found.data?.[0] ?? null,
    staleTime: 0,
  });
  const before = useQuery<Prefilled>({
    queryKey: ["again", again, on],
    queryFn: () =>
      again ? asBefore(again) : { ...BLANK, thing: on ? { id: on, name: named ?? "" } : null },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog onGone={onClose} title={card.data ? words.access.startOf(card.data.name ?? "") : words.access.start}>
      {(close) => {
        const error = card.error ?? before.error;
        if (error) return <Trouble error={error} onRetry={() => void (card.refetch(), before.refetch())} />;
        if (card.data === null) return <Empty title={words.ask.gone} hint={words.ask.goneHint} />;
        if (!card.data || !before.data) return <Waiting />;
        return <AskForm card={card.data} before={before.data} close={close} />;
      }}
    </Dialog>
  );
}

function Waiting() {
  const words = useWords();
  return (
    <Stack role="status" aria-label={words.shared.loading}>
      <Skeleton height={60} radius="md" />
      <Skeleton height={90} radius="md" />
      <Skeleton height={60} radius="md" />
    </Stack>
  );
}
