/** The frame of a page: its heading, which gets the focus when one comes here, and what is beside it. */
import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useTitle } from "./useTitle";

export function Page(props: { title: string; intro?: string; aside?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(props.title);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
        <div className="page-head">
          <Title order={1} size="h2" ref={heading} tabIndex={-1} className="heading breaks">
            {props.title}
          </Title>
          {props.intro && <Text c="dimmed">{props.intro}</Text>}
        </div>
        {props.aside}
      </Group>
      {props.children}
    </>
  );
}

/** What stands where nothing is. */
export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Text fw={600}>{title}</Text>
      {hint && <Text c="dimmed">{hint}</Text>}
      {children}
    </div>
  );
}
