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
export type FirstSteps = {
  later?: true;
  host?: string;
  person?: string;
  activity?: string;
  policy?: string;
  session?: string;
};
const route = getRouteApi("/admin/start");
const REFRESH_MS = 3_000;
const LISTED = 100;

export default function FirstStepsPage() {
  const words = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (more: FirstSteps) =>
    void navigate({ search: (before) => ({ ...before, ...more }), resetScroll: false });
  const secured = useSecured();
  const { host, person, activity, names } = useChosen(search);
  const { policy, session } = search;
  const recording = useRecording(policy ? host : undefined);

  const hasSession = recording.data !== undefined && recording.data !== null;
  const done = [secured.data || search.later === true, host, person, policy && activity, hasSession, false];
  const turn = done.findIndex((one) => !one);
  const state = (place: number): StepProps["state"] => (done[place] ? "done" : place === turn ? "now" : "next");
  return (
    <Page title={words.first.title} intro={words.first.intro}>
      <Trouble error={names.error} onRetry={() => void names.refetch()} />
      <ol className="plain">
        <Step
          number={1}
          title={words.first.secure.title}
          state={state(0)}
          isPutOff={!secured.data}
          result={secured.data ? words.first.secure.there : words.first.secure.missing}
        >
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
          <HostStep onDone={(id) => choose({ host: id })} />
        </Step>
        <Step number={3} title={words.first.person.title} state={state(2)} result={person?.name}>
          <PersonStep onDone={(id) => choose({ person: id })} />
        </Step>
        <Step number={4} title={words.first.policy.title} state={state(3)} result={activity?.name}>
          {host && person && (
            <PolicyStep
              host={host}
              person={person}
              onDone={(made, activityId) => choose({ policy: made, activity: activityId })}
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

/** What was chosen, by the names that the server has: a link must not call somebody by another's name. */
function useChosen({ host, person, activity }: FirstSteps) {
  const paging = { params: { query: { take: LISTED, skip: 0 } } };
  const names = useQuery({
    queryKey: ["first", host, person, activity],
    queryFn: async () => {
      const [hosts, people, activities] = await Promise.all([
        answer(api.GET("/api/v1/ManagedResource/Search", paging)),
        answer(api.GET("/api/v1/ManagedAccount/Search", paging)),
        answer(api.GET("/api/v1/Activity")),
      ]);
      const all = [...(hosts.data ?? []), ...(people.data ?? []), ...activities];
      return new Map(all.map((one) => [one.id, one.name ?? ""]));
    },
    placeholderData: (before) => before,
  });
  const named = (id: string | undefined): Chosen | undefined => {
    const name = id && names.data?.get(id);
    return id && name !== undefined ? { id, name: name || id } : undefined;
  };
  return { host: named(host), person: named(person), activity: named(activity), names };
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
