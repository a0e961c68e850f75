/** The browser's part in passkeys (W3C Web Authentication Level 3). What goes wrong in it is a DOMException. */
import type { Model } from "../shared/api";

/** Whether this browser has passkeys, at this address: none belongs to an IP address. */
export const hasPasskeys =
  typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === "function" &&
  !/^[\d.]+$|^\[/.test(window.location.hostname);

/** A new passkey, as the API takes it. */
export async function makePasskey(options: Model<"CreationOptions">) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON();
}

/** The proof that somebody has a passkey, as the API takes it. */
export async function provePasskey(options: Model<"RequestOptions">) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
}
