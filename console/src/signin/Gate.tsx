/** Shows the console to who is signed in, and the sign-in to everybody else. */
import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Trouble } from "../shared/Trouble";
import { Renewal } from "./Renewal";
import { SignInPage } from "./SignInPage";
import { askWho, WhoProvider } from "./who";

export function Gate({ children }: { children: ReactNode }) {
  const who = useQuery({ queryKey: ["who"], queryFn: askWho, staleTime: Number.POSITIVE_INFINITY });
  if (who.isPending) {
    return (
      <Center h="100vh">
        <Loader />
      </Center>
    );
  }
  if (who.error) {
    return (
      <Center h="100vh" p="md">
        <Trouble error={who.error} onRetry={() => void who.refetch()} />
      </Center>
    );
  }
  if (who.data === null) return <SignInPage onDone={() => void who.refetch()} />;
  return (
    <WhoProvider value={who.data}>
      {children}
      <Renewal who={who.data} />
    </WhoProvider>
  );
}
