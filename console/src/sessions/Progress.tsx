/** How far a session has come, step by step. */
import { useWords } from "../words";
import type { Whole } from "./SessionPage";
import { statesOf } from "./steps";

export function Progress({ session }: { session: Whole }) {
  const words = useWords();
  const labels = [
    words.session.stepAsked,
    words.session.stepApproved,
    words.session.stepReady,
    words.session.stepActive,
    words.session.stepEnded,
  ];
  const states = statesOf(session.sessionStatus, session.actualStartDateTimeUtc !== null);
  return (
    <ol className="progress" aria-label={words.session.steps}>
      {labels.map((label, place) => (
        <li key={label} data-state={states[place]} aria-current={states[place] === "now" ? "step" : undefined}>
          <span className="progress-dot" aria-hidden="true" />
          {label}
        </li>
      ))}
    </ol>
  );
}
