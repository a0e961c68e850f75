/** The authenticator app and the recovery codes. */
import { Button, Paper, Skeleton, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Model, signInCall } from "../shared/api";
import { Trouble } from "../shared/Trouble";
import { RecoveryCodes } from "../signin/RecoveryCodes";
import { useWords } from "../words";
import { Ask } from "./Ask";
import { Part } from "./Part";

export function SecondFactor() {
  const words = useWords();
  const [isRenewing, renewing] = useDisclosure();
  const { data, error, refetch } = useQuery({
    queryKey: ["me", "factors"],
    queryFn: () => answer(api.GET("/api/locum/v1/SecondFactor")),
  });
  const canRenew = data && (data.totp || data.recoveryCodesLeft > 0);
  return (
    <Part
      id="factor"
      title={words.factor.title}
      intro={words.factor.intro}
      aside={canRenew && <Button onClick={renewing.open}>{words.factor.renew}</Button>}
    >
      <Trouble error={error} onRetry={() => void refetch()} />
      {!data && !error && <Skeleton height={88} radius="lg" />}
      {data && (
        <Paper withBorder p="lg" radius="lg" className="raised">
          <dl className="facts">
            <div>
              <dt>{words.factor.app}</dt>
              <dd>{data.totp ? words.factor.there : data.required ? words.factor.instead : words.factor.none}</dd>
            </div>
            <div>
              <dt>{words.signIn.recoveryCodes}</dt>
              <dd>{words.factor.left(data.recoveryCodesLeft)}</dd>
            </div>
          </dl>
        </Paper>
      )}
      {isRenewing && <Renew onGone={renewing.close} />}
    </Part>
  );
}

function Renew({ onGone }: { onGone: () => void }) {
  const words = useWords();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  async function renew() {
    // A wrong code is a 401, which elsewhere means that the sign-in has ended.
    const path = "/api/locum/v1/SecondFactor/RecoveryCodes";
    const made = await signInCall<Model<"RecoveryCodes">>("POST", path, { json: { code } });
    void queries.invalidateQueries({ queryKey: ["me", "factors"] });
    return made.recoveryCodes;
  }
  return (
    <Ask
      title={words.factor.renew}
      label={words.factor.renew}
      act={renew}
      after={(codes) => <RecoveryCodes codes={codes} />}
      onGone={onGone}
    >
      <TextInput
        label={words.signIn.code}
        description={words.factor.renewHint}
        autoComplete="one-time-code"
        maxLength={64}
        required
        data-autofocus
        classNames={{ input: "code" }}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </Ask>
  );
}
