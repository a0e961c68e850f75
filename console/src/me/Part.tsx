import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A part of a page: its heading, what it is for, and what one can begin there. */
export function Part(props: { id: string; title: string; intro: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-labelledby={props.id}>
      <Group justify="space-between" align="flex-start" mb="sm" gap="sm">
        <div>
          <Title order={2} size="h4" id={props.id}>
            {props.title}
          </Title>
          <Text size="sm" c="dimmed">
            {props.intro}
          </Text>
        </div>
        {props.aside}
      </Group>
      {props.children}
    </section>
  );
}
