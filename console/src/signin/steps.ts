/** The steps of a sign-in, as the API asks for them. A step's token lives in memory until the next step. */
import { type Model, signInCall } from "../shared/api";
import { provePasskey } from "./passkey";

export type Step =
  | { kind: "password" }
  | { kind: "code"; token: string }
  | { kind: "enrolment"; token: string; seed: Model<"TotpSeed"> }
  /** `old` is null for who came by a passkey, and is asked for. */
  | { kind: "change"; token: string; old: string | null }
  | { kind: "recovery"; codes: string[] }
  | { kind: "done" };

type Claims = { pending: "second_factor" | "enrolment" | "password_change" | null; hasMFA: boolean };

export async function sendPassword(name: string, password: string): Promise<Step> {
  const token = await signInCall<string>("POST", "/signinBody", { json: { login: name, password } });
  return next(token, password);
}

/** A passkey in place of name, password and code: the authenticator knows whose it has. */
export async function sendPasskey(): Promise<Step> {
  const path = "/api/locum/v1/SignIn/Passkey";
  const options = await signInCall<Model<"RequestOptions">>("POST", `${path}/Options`);
  const token = await signInCall<string>("POST", path, { json: await provePasskey(options) });
  return claimsOf(token).pending === "password_change" ? { kind: "change", token, old: null } : { kind: "done" };
}

/** A passkey after the password, in place of a code. */
export async function sendPasskeyForCode(token: string): Promise<Step> {
  const path = "/api/locum/v1/SecondFactor/Passkey";
  const options = await signInCall<Model<"RequestOptions">>("POST", `${path}/Options`, { token });
  await signInCall<string>("POST", path, { token, json: await provePasskey(options) });
  return { kind: "done" };
}

export async function sendCode(token: string, code: string): Promise<Step> {
  // The answer holds a token; the cookie beside it is all that is used.
  await signInCall<string>("POST", "/signin2fa", { token, text: code });
  return { kind: "done" };
}

export async function confirmEnrolment(token: string, code: string): Promise<Step> {
  const confirmed = await signInCall<Model<"TotpConfirmed">>(
    "POST",
    "/api/locum/v1/SecondFactor/Totp/Confirm",
    { token, json: { code } },
  );
  return { kind: "recovery", codes: confirmed.recoveryCodes };
}

export async function changePassword(token: string, old: string, fresh: string): Promise<Step> {
  const changed = await signInCall<string>(
    "PUT",
    "/api/v1/ManagedAccount/ChangeLocalUserPassword?forced=true",
    { token, json: { passwordOld: old, passwordNew: fresh } },
  );
  return next(changed, fresh);
}

/** What a token of an unfinished sign-in still lacks; its claims say so. */
async function next(token: string, password: string): Promise<Step> {
  const claims = claimsOf(token);
  switch (claims.pending) {
    case "enrolment": {
      const seed = await signInCall<Model<"TotpSeed">>("POST", "/api/locum/v1/SecondFactor/Totp", { token });
      return { kind: "enrolment", token, seed };
    }
    case "password_change":
      return { kind: "change", token, old: password };
    default:
      // Who has no second factor and needs none passes with any code.
      return claims.hasMFA ? { kind: "code", token } : sendCode(token, "-");
  }
}

/** The claims of a JWT (RFC 7519), unchecked: the server checks them. */
export function claimsOf(token: string): Claims {
  const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
}
