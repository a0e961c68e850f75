/** What stands around every page: where one can go, who one is, and the way out. */
import { ActionIcon, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { Mark, MenuIcon, SecurityIcon } from "../shared/icons";
import { signOut, useWho } from "../signin/who";
import { useWords } from "../words";
import { Appearance } from "./Appearance";
import { Place, Places } from "./Places";

const Menu = lazy(() => import("./Menu"));

export function Shell() {
  const words = useWords();
  const [isOpen, menu] = useDisclosure();
  const { pathname } = useLocation();
  // Loaded for who opens it, and kept from then on, as it moves when it closes.
  const [hasMenu, setHasMenu] = useState(false);
  if (isOpen && !hasMenu) setHasMenu(true);
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
      <Suspense>{hasMenu && <Menu isOpen={isOpen} onClose={menu.close} />}</Suspense>
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

export function Brand() {
  return (
    <Anchor component={Link} to="/" underline="never" c="inherit" className="brand">
      <Mark />
      <Text span fw={700} size="lg">
        Locum
      </Text>
    </Anchor>
  );
}

export function Me() {
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
