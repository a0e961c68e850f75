/** A page that shows one of its parts at a time; which one is in the address, where the first needs no word. */
import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "./Page";

type Tab = { name: string; label: string; show: ReactNode };

export function TabbedPage(props: { title: string; intro: string; aside?: ReactNode; tabs: Tab[] }) {
  const { tab } = useSearch({ strict: false });
  const navigate = useNavigate();
  const first = props.tabs[0]?.name;
  return (
    <Page title={props.title} intro={props.intro} aside={props.aside}>
      <Tabs
        value={tab ?? first}
        keepMounted={false}
        onChange={(to) =>
          void navigate({ to: ".", search: ({ q }) => ({ q, tab: to === first ? undefined : to }) as never })
        }
      >
        <Tabs.List mb="md">
          {props.tabs.map((one) => (
            <Tabs.Tab key={one.name} value={one.name}>
              {one.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {props.tabs.map((one) => (
          <Tabs.Panel key={one.name} value={one.name}>
            {one.show}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
