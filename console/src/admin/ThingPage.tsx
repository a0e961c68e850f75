/** The page of one thing, or of a new one: its heading, its content once that is there, and the way back to the list. */
import { Anchor, Group } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Loaded } from "../shared/Loaded";
import { Page } from "../shared/Page";
import { useAdminWords } from "../words/admin";

type Props<T> = {
  title: string;
  intro: string;
  /** What is shown; what is asked for can also be what a new thing begins with. */
  found: UseQueryResult<T>;
  back: { to: string; label: string };
  children: (thing: T) => ReactNode;
};

export function ThingPage<T>({ title, intro, found, back, children }: Props<T>) {
  const words = useAdminWords();
  return (
    <Page title={title} intro={intro}>
      <Loaded
        rows={found.data === undefined ? undefined : [found.data]}
        error={found.error}
        onRetry={() => void found.refetch()}
        empty={words.form.nothingFound}
      >
        {found.data !== undefined && children(found.data)}
      </Loaded>
      <Group mt="xl">
        <Anchor component={Link} to={back.to}>
          {back.label}
        </Anchor>
      </Group>
    </Page>
  );
}
