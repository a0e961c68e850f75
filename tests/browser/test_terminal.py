"""A session in the console's terminal: typed, seen, locked, left and entered again; files up and down."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.hosts import Host
from playwright.sync_api import Page, expect

from browsing import Person, end_session, found_by_axe
from demo import hosts
from installation import Installation

PROFILES = "/api/locum/v1/ConnectionProfile"


def begin(page: Page) -> str:
    """Ask for Linux sudo and open it in the browser; the session's id."""
    page.get_by_role("button", name="Start Linux sudo").click()
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("link", name="Open in the browser").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    return page.url.split("/")[-2]


def type_in(page: Page, text: str) -> None:
    page.get_by_label("Terminal input").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def screen(page: Page) -> Any:
    return page.locator(".xterm-rows")


def files_of(installed: Installation, **rules: bool) -> None:
    admin = installed.admin()
    (default,) = admin.call("GET", "/api/v1/ConnectionProfile")
    admin.call("PUT", f"{PROFILES}/{default['id']}/ChannelRules", rules)


def test_from_the_link_to_the_end(installed: Installation, person: Callable[..., Person], axe: str) -> None:
    alice = person(permissions=["clipboard-read", "clipboard-write"]).page
    session_id = begin(alice)
    type_in(alice, "sudo id -u; echo in-$((20+3))")
    expect(screen(alice)).to_contain_text("in-23")
    expect(alice.get_by_role("timer")).to_have_text(re.compile(r"\d:\d\d:\d\d"))
    expect(alice.get_by_role("region", name="Files on the target")).to_have_count(0)
    for scheme in ("light", "dark"):
        alice.emulate_media(color_scheme=scheme)
        assert found_by_axe(alice, axe) == []
    alice.set_viewport_size({"width": 390, "height": 800})
    type_in(alice, "stty size")
    expect(screen(alice)).to_contain_text(re.compile(r"\d\d [34]\d\D"))
    assert alice.evaluate("document.documentElement.scrollWidth") <= 390
    alice.set_viewport_size({"width": 1280, "height": 800})
    # What a target sends can't drive the page.
    title, address, opened = alice.title(), alice.url, len(alice.context.pages)
    alice.evaluate("navigator.clipboard.writeText('her own')")
    asked: list[str] = []
    alice.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
    for number, link in enumerate(("https://evil.example", "javascript:document.title=1")):
        words = rf"\033]0;evil\007\033]52;c;ZXZpbA==\007\033]8;;{link}\007link-%s\033]8;;\007\n"
        type_in(alice, f"clear; printf '{words}' {number}")
        shown = screen(alice).get_by_text(f"link-{number}", exact=True)
        expect(shown).to_be_visible()
        place = shown.bounding_box()
        assert place is not None
        alice.mouse.move(place["x"] + 3, place["y"] + 3)
        alice.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    assert (alice.title(), alice.url, len(alice.context.pages), asked) == (title, address, opened, [])
    assert alice.evaluate("navigator.clipboard.readText()") == "her own"
    assert screen(alice).locator("a").count() == 0

    admin = installed.admin()
    lock = {"activitySessionIds": [session_id], "locked": True, "lockMessage": "hold on"}
    admin.call("PUT", "/api/v1/ActivitySession/lock", lock)
    expect(screen(alice)).to_contain_text("locum: your session is locked: hold on")
    admin.call("PUT", "/api/v1/ActivitySession/lock", {**lock, "locked": False})
    expect(screen(alice)).to_contain_text("locum: your session is unlocked")

    type_in(alice, "exit")
    expect(alice.get_by_role("alert")).to_contain_text("the shell has ended")
    alice.get_by_role("button", name="Connect again").click()
    expect(alice.get_by_text("Connected", exact=True)).to_be_visible()
    type_in(alice, "echo again-$((20+3))")
    expect(screen(alice)).to_contain_text("again-23")
    alice.get_by_role("button", name="End session").click()
    alice.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(alice.get_by_role("alert")).to_contain_text("your session ended: ended by its user")
    expect(alice.get_by_role("button", name="Connect again")).to_have_count(0)


def test_files_beside_it(
    installed: Installation, alice: Page, linux_hosts: list[Host], tmp_path: Path, axe: str
) -> None:
    files_of(installed, upload=True, download=True)
    begin(alice)
    files = alice.get_by_role("region", name="Files on the target")
    sent = tmp_path / "notes ü.txt"
    sent.write_bytes(b"from the browser\n" * 100_000)
    files.get_by_label("Upload files", exact=True).first.set_input_files(sent)
    expect(files.get_by_role("status")).to_have_text("notes ü.txt is on the target")
    home = files.locator("p").first.inner_text()
    assert hosts.run(linux_hosts[0], f"cat '{home}/notes ü.txt'") == sent.read_text()
    assert found_by_axe(alice, axe) == []
    with alice.expect_download() as fetching:
        files.get_by_role("link", name="notes ü.txt").click()
    assert Path(fetching.value.path()).read_bytes() == sent.read_bytes()
    files.get_by_label("Upload files", exact=True).first.set_input_files(sent)
    expect(files.get_by_role("alert")).to_contain_text("there is something with this name already")
    files.get_by_role("button", name="One folder up").click()
    expect(files.get_by_role("button", name=f"{home.rsplit('/', 1)[-1]}/")).to_be_visible()
    files_of(installed, upload=False, download=False)
    alice.get_by_role("link", name="To the session").click()
    end_session(alice)


def test_signed_out_elsewhere(installed: Installation, person: Callable[..., Person]) -> None:
    """The terminal is gone within seconds. Who signs in again in place goes on in the session."""
    alice = person()
    begin(alice.page)
    installed.user().call("POST", "/api/locum/v1/SignOutEverywhere")
    expect(alice.page.get_by_role("alert")).to_contain_text("sign in again")
    alice.page.get_by_role("dialog").locator("input[type=password]").fill(alice.password)
    alice.page.get_by_role("dialog").get_by_role("button", name="Sign in", exact=True).click()
    alice.page.get_by_role("button", name="Connect again").click()
    expect(alice.page.get_by_text("Connected", exact=True)).to_be_visible()
    alice.page.get_by_role("link", name="To the session").click()
    end_session(alice.page)
