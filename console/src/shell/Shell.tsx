/** What stands around every page: where one can go, who one is, and the way out. */
import { ActionIcon, Anchor, Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { Mark, MenuIcon, SecurityIcon } from "../shared/icons";
import { signOut, useWho } from "../signin/who";
import { useWords } from "../words";
import { Appearance } from "./Appearance";
import { Place, Places } from "./Places";

export function Shell() {
  const words = useWords();
  const [isOpen, menu] = useDisclosure();
  const { pathname } = useLocation();
  useEffect(menu.close, [pathname]);
  return (
    <div className="shell">
      <a href="#content" className="skip">
        {words.shell.skip}
      </a>
      <header className="bar">
        <ActionIcon variant="subtle" color="gray" className="burger" aria-label={words.shell.menu} onClick={menu.open}>
          <MenuIcon />
        </ActionIcon>
        <Brand />
      </header>
      <nav className="side" aria-label={words.shell.nav}>
        <div className="side-brand">
          <Brand />
        </div>
        <Places />
        <Me />
      </nav>
      <Drawer
        opened={isOpen}
        onClose={menu.close}
        size={280}
        title={<Brand />}
        closeButtonProps={{ "aria-label": words.shared.close }}
      >
        <nav aria-label={words.shell.nav} className="drawer">
          <Places />
          <Me />
        </nav>
      </Drawer>
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Brand() {
  return (
    <Anchor component={Link} to="/" underline="never" c="inherit" className="brand">
      <Mark />
      <Text span fw={700} size="lg">
        Locum
      </Text>
    </Anchor>
  );
}

function Me() {
  const words = useWords();
  const who = useWho();
  return (
    <Stack gap="sm" className="me">
      <div className="places">
        <Place to="/me" label={words.me.title} icon={<SecurityIcon />} />
      </div>
      <Appearance />
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" className="breaks" aria-label={words.shell.account(who.name)}>
          {who.name}
        </Text>
        <Button size="xs" variant="default" onClick={() => void signOut()} className="firm">
          {words.shell.signOut}
        </Button>
      </Group>
    </Stack>
  );
}
