/** The sign-in, step by step: password, then a code, a new authenticator app or a new password; or a passkey. */
import { Anchor, Button, Code, Image, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useWords } from "../words";
import { Trouble } from "../shared/Trouble";
import { hasPasskeys } from "./passkey";
import { PasswordRules } from "./PasswordRules";
import { RecoveryCodes } from "./RecoveryCodes";
import {
  changePassword,
  confirmEnrolment,
  sendCode,
  sendPasskey,
  sendPasskeyForCode,
  sendPassword,
  type Step,
} from "./steps";

export function SignInForm({ name: known, onDone }: { name?: string; onDone: () => void }) {
  const words = useWords();
  const [step, setStep] = useState<Step>({ kind: "password" });
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [name, setName] = useState(known ?? "");
  const [secret, setSecret] = useState("");
  const [old, setOld] = useState("");

  async function go(then: () => Promise<Step>) {
    setBusy(true);
    setError(null);
    try {
      const found = await then();
      setSecret("");
      if (found.kind === "done") onDone();
      else setStep(found);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }

  const passkey = (prove: () => Promise<Step>, label: string) =>
    hasPasskeys && (
      <Button variant="default" fullWidth disabled={isBusy} onClick={() => void go(prove)}>
        {label}
      </Button>
    );

  const frame = (submit: () => Promise<Step>, label: string, children: ReactNode, instead?: ReactNode) => (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void go(submit);
      }}
    >
      <Stack gap="md">
        {children}
        <Trouble error={error} />
        <Button type="submit" loading={isBusy} fullWidth>
          {label}
        </Button>
        {instead}
        {step.kind !== "password" && step.kind !== "recovery" && (
          <Anchor component="button" type="button" size="sm" onClick={() => setStep({ kind: "password" })}>
            {words.signIn.startOver}
          </Anchor>
        )}
      </Stack>
    </form>
  );

  switch (step.kind) {
    case "password":
      return frame(
        () => sendPassword(name, secret),
        words.signIn.submit,
        <>
          <TextInput
            label={words.signIn.name}
            autoComplete="username"
            autoFocus={!known}
            readOnly={known !== undefined}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label={words.signIn.password}
            autoComplete="current-password"
            autoFocus={known !== undefined}
            required
            visibilityToggleButtonProps={{ "aria-label": words.signIn.showPassword }}
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        </>,
        passkey(sendPasskey, words.signIn.passkey),
      );
    case "code":
      return frame(
        () => sendCode(step.token, secret),
        words.signIn.submit,
        <CodeInput key="code" label={words.signIn.code} hint={words.signIn.codeHint} value={secret} onChange={setSecret} />,
        passkey(() => sendPasskeyForCode(step.token), words.signIn.passkeyInstead),
      );
    case "enrolment":
      return frame(
        () => confirmEnrolment(step.token, secret),
        words.signIn.confirm,
        <>
          <Text size="sm">{words.signIn.enrolIntro}</Text>
          <Image src={step.seed.qrCode} alt={words.signIn.qrAlt} w={208} h={208} mx="auto" radius="md" className="qr" />
          <div>
            <Text size="sm" c="dimmed">
              {words.signIn.enrolByHand}
            </Text>
            <Code block className="breaks">
              {step.seed.sharedKey}
            </Code>
          </div>
          <CodeInput key="enrol" label={words.signIn.firstCode} value={secret} onChange={setSecret} />
        </>,
      );
    case "change":
      return frame(
        () => changePassword(step.token, step.old ?? old, secret),
        words.signIn.changeSubmit,
        <>
          <Text size="sm">{words.signIn.changeIntro}</Text>
          {step.old === null && (
            <PasswordInput
              label={words.signIn.oldPassword}
              autoComplete="current-password"
              autoFocus
              required
              visibilityToggleButtonProps={{ "aria-label": words.signIn.showPassword }}
              value={old}
              onChange={(event) => setOld(event.currentTarget.value)}
            />
          )}
          <PasswordInput
            key="new"
            label={words.signIn.newPassword}
            autoComplete="new-password"
            autoFocus={step.old !== null}
            required
            visibilityToggleButtonProps={{ "aria-label": words.signIn.showPassword }}
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <PasswordRules text={secret} token={step.token} />
        </>,
      );
    case "recovery":
      return frame(
        () => Promise.resolve<Step>({ kind: "done" }),
        words.signIn.codesKept,
        <RecoveryCodes codes={step.codes} />,
      );
    case "done":
      return null;
  }
}

function CodeInput(props: { label: string; hint?: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextInput
      label={props.label}
      description={props.hint}
      autoComplete="one-time-code"
      autoFocus
      required
      classNames={{ input: "code" }}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
