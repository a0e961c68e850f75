/** What a new password must be like, and what of it is met already. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { signInCall } from "../shared/api";
import { useWords } from "../words";
import { type Rules, rulesFor } from "./passwordRules";

/** `token`: of a sign-in that waits for the change; without it, one's own that is complete. */
export function PasswordRules({ text, token }: { text: string; token?: string }) {
  const words = useWords();
  const { data } = useQuery({
    queryKey: ["password rules"],
    queryFn: () => signInCall<Rules>("GET", "/api/locum/v1/SignInPolicy/Password", { token }),
    staleTime: 60_000,
  });
  if (!data) return null;
  return (
    <div>
      <Text size="sm" id="password-rules">
        {words.password.rules}
      </Text>
      <ul className="rules" aria-labelledby="password-rules">
        {rulesFor(text, data, words.password).map((rule) => (
          <li key={rule.text} data-met={rule.isMet}>
            <span aria-hidden="true">{rule.isMet ? "✓" : "○"}</span> {rule.text}
            <span className="unseen"> {rule.isMet ? words.password.met : words.password.unmet}</span>
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed">
        {words.password.besides} {data.passwordHistory > 0 && words.password.history(data.passwordHistory)}
      </Text>
    </div>
  );
}
