/** Asks whether somebody may do an activity on a resource now, and shows which policy says so and why. */
import { Alert, Button, Paper, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api, type Model } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { useWords, type Words } from "../words";

type Explanation = Model<"Explanation">;
type Ways = Explanation["considered"] extends (infer One)[] | null ? One : never;
const COLOURS: Record<string, string> = { allowed: "green", "needs approval": "yellow", denied: "red" };

export function Explain() {
  const words = useWords();
  const [user, setUser] = useState("");
  const [activity, setActivity] = useState("");
  const [resource, setResource] = useState("");
  const asking = useMutation({
    mutationFn: () =>
      answer(
        api.GET("/api/locum/v1/AccessControlPolicy/Explain", { params: { query: { user, activity, resource } } }),
      ),
  });
  const field = (label: string, value: string, set: (value: string) => void) => (
    <TextInput label={label} required value={value} onChange={(event) => set(event.currentTarget.value)} />
  );
  return (
    <Paper withBorder p="lg" radius="lg" mb="lg" className="raised" component="section" aria-labelledby="explain">
      <Title order={2} size="h4" mb="sm" id="explain">
        {words.explain.title}
      </Title>
      <form
        className="explain"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          asking.mutate();
        }}
      >
        {field(words.explain.user, user, setUser)}
        {field(words.explain.activity, activity, setActivity)}
        {field(words.explain.resource, resource, setResource)}
        <Button type="submit" loading={asking.isPending}>
          {words.explain.ask}
        </Button>
      </form>
      <Trouble error={asking.error} />
      {asking.data && <Answer explanation={asking.data} words={words} />}
    </Paper>
  );
}

function Answer({ explanation, words }: { explanation: Explanation; words: Words }) {
  const outcome = words.explain.outcomes[explanation.outcome] ?? explanation.outcome;
  return (
    <div role="status" className="explain-answer">
      <Alert color={COLOURS[explanation.outcome] ?? "gray"} variant="light" title={outcome}>
        <span className="breaks">{explanation.reason}</span>
      </Alert>
      <ul className="plain">
        {(explanation.considered ?? []).map((one) => (
          <li key={one.policyId} className="breaks">
            <strong>{one.policy}</strong>: {words.explain.through(ways(one.person), ways(one.activity), ways(one.resource))}
            {one.refusal && <div className="refusal">{one.refusal}</div>}
          </li>
        ))}
        {(explanation.near ?? []).map((one) => (
          <li key={one.policyId} className="breaks">
            <strong>{one.policy}</strong>: {words.explain.lacks((one.missing ?? []).map((what) => words.explain.things[what] ?? what).join(", "))}
          </li>
        ))}
      </ul>
    </div>
  );
}

function ways(found: Ways["person"]): string {
  return (found ?? []).map((way) => (way.via ? `${way.name} (${way.via})` : way.name)).join(", ");
}
