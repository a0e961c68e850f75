/**
 * From a fresh installation to a first recorded session. What was chosen stands in the address, so that one can go and
 * come back; what was done, the server knows.
 */
import { Anchor, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { answer, api } from "../shared/api";
import { useInterval } from "../shared/attention";
import { Page } from "../shared/Page";
import { Trouble } from "../shared/Trouble";
import { useWords } from "../words";
import { HostStep } from "./HostStep";
import { PersonStep } from "./PersonStep";
import { PolicyStep } from "./PolicyStep";
import { SessionStep } from "./SessionStep";
import { Step, type StepProps } from "./Step";

export type Chosen = { id: string; name: string };
const route = getRouteApi("/admin/start");
const REFRESH_MS = 3_000;

export default function FirstStepsPage() {
  const words = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (more: typeof search) =>
    void navigate({ search: (before) => ({ ...before, ...more }), resetScroll: false });
  const secured = useSecured();
  const host = chosen(search.host, search.hostName);
  const person = chosen(search.person, search.personName);
  const activity = chosen(search.activity, search.activityName);
  const { policy, session } = search;
  const recording = useRecording(policy ? host : undefined);

  const hasSession = recording.data !== undefined && recording.data !== null;
  const done = [secured.data || search.later === true, host, person, policy && activity, hasSession, false];
  const turn = done.findIndex((one) => !one);
  const state = (place: number): StepProps["state"] => (done[place] ? "done" : place === turn ? "now" : "next");
  return (
    <Page title={words.first.title} intro={words.first.intro}>
      <ol className="plain">
        <Step number={1} title={words.first.secure.title} state={state(0)} result={secured.data ? words.first.secure.there : words.first.secure.missing}>
          <Text size="sm">{words.first.secure.text}</Text>
          <Trouble error={secured.error} onRetry={() => void secured.refetch()} />
          <Group>
            <Button component={Link} to="/me">
              {words.first.secure.add}
            </Button>
            <Button variant="default" onClick={() => choose({ later: true })}>
              {words.first.secure.later}
            </Button>
          </Group>
        </Step>
        <Step
          number={2}
          title={words.first.host.title}
          state={state(1)}
          result={host?.name}
          onAnew={() => void navigate({ search: { later: search.later }, resetScroll: false })}
        >
          <HostStep onDone={({ id, name }) => choose({ host: id, hostName: name })} />
        </Step>
        <Step number={3} title={words.first.person.title} state={state(2)} result={person?.name}>
          <PersonStep onDone={({ id, name }) => choose({ person: id, personName: name })} />
        </Step>
        <Step number={4} title={words.first.policy.title} state={state(3)} result={activity?.name}>
          {host && person && (
            <PolicyStep
              host={host}
              person={person}
              onDone={(made, { id, name }) => choose({ policy: made, activity: id, activityName: name })}
            />
          )}
        </Step>
        <Step number={5} title={words.first.session.title} state={state(4)} result={recording.data?.userName}>
          {host && person && activity && policy && (
            <SessionStep
              {...{ host, person, activity, policy, session }}
              onAsked={(made) => choose({ session: made })}
            />
          )}
        </Step>
        <Step number={6} title={words.first.watch.title} state={hasSession ? "now" : "next"}>
          <Text size="sm">{words.first.watch.text}</Text>
          <Trouble error={recording.error} />
          {recording.data && (
            <Group>
              <Button component={Link} to="/recordings/$id" params={{ id: recording.data.id } as never}>
                {words.first.watch.play}
              </Button>
              <Anchor component={Link} to="/admin" size="sm">
                {words.first.watch.more}
              </Anchor>
            </Group>
          )}
        </Step>
      </ol>
    </Page>
  );
}

function chosen(id: string | undefined, name: string | undefined): Chosen | undefined {
  return id ? { id, name: name ?? "" } : undefined;
}

/** Whether one proves who one is by more than a password. */
function useSecured() {
  return useQuery({
    queryKey: ["me", "secured"],
    queryFn: async () => {
      const [factors, passkeys] = await Promise.all([
        answer(api.GET("/api/locum/v1/SecondFactor")),
        answer(api.GET("/api/locum/v1/Passkey")),
      ]);
      return factors.totp || passkeys.length > 0;
    },
    refetchOnMount: "always",
  });
}

/** The last recorded connection to the host in a session that has ended; null while there is none. */
function useRecording(host: Chosen | undefined) {
  const interval = useInterval(REFRESH_MS);
  return useQuery({
    queryKey: ["recordings", "of", host?.id],
    queryFn: async () => {
      const found = await answer(
        api.GET("/api/locum/v1/Recording", { params: { query: { filterText: host?.name, take: 24, skip: 0 } } }),
      );
      return found.data?.find((one) => one.managedResourceId === host?.id) ?? null;
    },
    enabled: host !== undefined,
    refetchInterval: (query) => !query.state.data && interval,
  });
}
