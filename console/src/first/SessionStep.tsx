/** A session under the new policy: asked for here where it is one's own, until somebody was connected. */
import { Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Connect } from "../sessions/Connect";
import { EndButton } from "../sessions/Controls";
import { Progress } from "../sessions/Progress";
import { useSession } from "../sessions/SessionPage";
import { answer, api } from "../shared/api";
import { OPEN } from "../shared/StatusPill";
import { Trouble } from "../shared/Trouble";
import { useWho } from "../signin/who";
import { useWords } from "../words";
import type { Chosen } from "./FirstStepsPage";

const ACTIVE = 1;

type Props = {
  host: Chosen;
  person: Chosen;
  activity: Chosen;
  policy: string;
  session: string | undefined;
  onAsked: (session: string) => void;
};

export function SessionStep({ host, person, activity, policy, session, onAsked }: Props) {
  const words = useWords();
  const who = useWho();
  const asking = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/v1/ActivitySession", {
          body: {
            activityId: activity.id,
            managedResourceId: host.id,
            accessPolicyId: policy,
            note: words.first.title,
          },
        }),
      ),
    onSuccess: (made) => onAsked(made.id),
  });
  if (person.id !== who.identityId) {
    return (
      <Text size="sm" className="breaks">
        {words.first.session.theirs(person.name, window.location.origin, activity.name, host.name)}
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Text size="sm">{words.first.session.text}</Text>
      {session && <Running id={session} />}
      <Trouble error={asking.error} />
      <Group>
        <Button variant={session ? "default" : "filled"} loading={asking.isPending} onClick={() => asking.mutate()}>
          {session ? words.first.session.retry : words.first.session.start}
        </Button>
      </Group>
    </Stack>
  );
}

function Running({ id }: { id: string }) {
  const words = useWords();
  const session = useSession(id);
  if (session.error) return <Trouble error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data) return null;
  const { data } = session;
  const wasThere = (data.proxySessions ?? []).some((one) => one.record);
  return (
    <>
      <Progress session={data} />
      {data.sessionStatus === ACTIVE && <Connect session={data} />}
      {data.sessionStatus === ACTIVE && (
        <Text size="sm" role="status">
          {wasThere ? words.first.session.recorded : words.first.session.waits}
        </Text>
      )}
      {!OPEN.has(data.sessionStatus) && !wasThere && <Alert color="yellow">{words.first.session.failed}</Alert>}
      <Group>
        {wasThere && OPEN.has(data.sessionStatus) && data.sessionStatus !== 2 && <EndButton id={id} />}
        <Anchor component={Link} to="/sessions/$id" params={{ id } as never} size="sm">
          {words.first.session.page}
        </Anchor>
      </Group>
    </>
  );
}
