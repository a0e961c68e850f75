/** Who is signed in, and what they may do. */
import { createContext, useContext } from "react";
import { type Model, Refusal, signInCall } from "../shared/api";

export type Who = Model<"CurrentSignIn">;

const Context = createContext<Who | null>(null);
export const WhoProvider = Context.Provider;

/** Who is signed in by the browser's cookie; null for nobody. */
export async function askWho(): Promise<Who | null> {
  try {
    return await signInCall<Who>("GET", "/api/locum/v1/SignIn/Current");
  } catch (refusal) {
    if (refusal instanceof Refusal && refusal.status === 401) return null;
    throw refusal;
  }
}

export async function signOut(): Promise<void> {
  await signInCall<void>("POST", "/api/locum/v1/SignOut");
  // What this page knows goes with it.
  window.location.assign("/");
}

export function useWho(): Who {
  const who = useContext(Context);
  if (who === null) throw new Error("nobody is signed in here");
  return who;
}

/** Whether the signed-in person has one of these roles; what they may do is decided by the server alone. */
export function hasRole(who: Who, ...roles: string[]): boolean {
  return who.roles.some((role) => roles.includes(role.toLowerCase()));
}
