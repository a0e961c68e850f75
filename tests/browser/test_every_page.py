"""What holds for every page: people with other senses can use it, foreign names are text, it loads little."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest
from playwright.sync_api import Page, expect

from browsing import Person, end_session, found_by_axe, open_shell
from installation import ADMIN, ADMIN_PASSWORD, Installation, ask
from locum.console.pages import BUILT

CONSOLE = Path(__file__).parents[2] / "console"
# Each with a heading or text by which one sees that it is whole.
PAGES = {
    "/": "My access",
    "/sessions": "My sessions",
    "/sessions?tab=requests": "My sessions",
    "/sessions?tab=past": "My sessions",
    "/me": "My security",
    "/approvals": "To approve",
    "/history": "All sessions",
    "/recordings": "Recordings",
    "/audit": "Audit log",
    "/admin": "Overview",
    "/admin/start": "First steps",
    "/admin/policies": "Access policies",
    "/admin/resources": "Resources",
    "/admin/applications": "Applications",
    "/nothing-here": "There is no such page",
}
FIRST_PAGE_LIMIT = 250_000  # bytes of script, as they are sent


@pytest.mark.parametrize(("width", "themes"), [(1280, ("light", "dark")), (390, ("dark",))])
def test_axe_finds_nothing_in_either_theme(
    person: Callable[..., Person], axe: str, width: int, themes: tuple[str, ...]
) -> None:
    """WCAG 2.2 AA, as far as a program can tell."""
    visitor = person(ADMIN, ADMIN_PASSWORD, signed_in=False, viewport={"width": width, "height": 844})
    page, found = visitor.page, {}
    page.goto("/")
    page.get_by_label("User name").wait_for()
    found["sign-in"] = found_by_axe(page, axe)
    visitor.sign_in()
    for address, heading in PAGES.items():
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        found |= looked_at(page, axe, themes)
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize(("width", "themes"), [(1280, ("light", "dark")), (390, ("dark",))])
def test_axe_finds_nothing_on_a_session_live_and_recorded(
    installed: Installation,
    person: Callable[..., Person],
    alice: Page,
    axe: str,
    width: int,
    themes: tuple[str, ...],
) -> None:
    """An administrator looks at a session with a connection, watches it, and plays it when it is over."""
    page = person(ADMIN, ADMIN_PASSWORD, viewport={"width": width, "height": 844}).page
    session = ask(installed.user())
    alice.goto(f"/sessions/{session}")
    shell = open_shell(alice.get_by_role("textbox", name="Command to connect").inner_text())
    page.goto(f"/sessions/{session}")
    live = page.get_by_role("link", name="Watch live")
    expect(live).to_be_visible()
    found = looked_at(page, axe, themes)
    live.click()
    expect(page.get_by_role("region", name="What is shown now")).to_contain_text("$")
    expect(page.get_by_role("button", name="Lock the session")).to_be_visible()
    found |= looked_at(page, axe, themes)
    end_session(page)
    shell.expect(pexpect.EOF)
    page.goto(f"/sessions/{session}")
    page.get_by_role("link", name="Play").click()
    expect(page.get_by_role("region", name="Player").get_by_role("button").first).to_be_visible()
    found |= looked_at(page, axe, themes)
    assert {where: what for where, what in found.items() if what} == {}


def looked_at(page: Page, axe: str, themes: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """What axe finds on the page once it is whole, by address and theme; it must fit its width."""
    settled(page)
    found = {}
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        found[f"{page.url} {theme}"] = found_by_axe(page, axe)
        too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not too_wide, f"{page.url} must be moved sideways"
    return found


def settled(page: Page) -> None:
    """Everything that was asked for is there."""
    expect(page.get_by_role("status", name="Loading …")).to_have_count(0)


def test_all_of_it_speaks_german(person: Callable[..., Person]) -> None:
    page = person().page
    page.get_by_text("Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Meine Zugänge")
    assert page.locator("html").get_attribute("lang") == "de"
    page.reload()
    expect(page.get_by_role("button", name="Linux sudo starten")).to_be_visible()


def test_without_a_mouse(person: Callable[..., Person]) -> None:
    """From the sign-in to the dialog that starts a session, and out of it again."""
    alice = person(signed_in=False)
    page = alice.page
    page.goto("/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(alice.login)
    page.keyboard.press("Tab")
    page.keyboard.type(alice.password)
    page.keyboard.press("Enter")
    start = page.get_by_role("button", name="Start Linux sudo")
    expect(start).to_be_visible()
    for _ in range(40):
        if start.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(start).to_be_focused()


def test_the_first_page_loads_little_script() -> None:
    page = (BUILT / "index.html").read_text()
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page)
    assert scripts
    assert sum(len(gzip.compress((BUILT / name).read_bytes())) for name in scripts) < FIRST_PAGE_LIMIT
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)


def test_the_console_s_own_tests_pass() -> None:
    done = subprocess.run(
        [CONSOLE / "node_modules" / ".bin" / "vitest", "run"],
        cwd=CONSOLE, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
