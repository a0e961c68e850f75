import { Paper } from "@mantine/core";
import type { ReactNode } from "react";

/** A raised part of a page. */
export function Card({ children }: { children: ReactNode }) {
  return (
    <Paper withBorder p="lg" radius="lg" className="raised">
      {children}
    </Paper>
  );
}
