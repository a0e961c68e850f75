"""A fresh installation: the first administrator's way to a first recorded session, on a real host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.hosts import Host
from playwright.sync_api import Browser, expect

from browsing import Person, found_by_axe, open_shell
from demo import hosts
from installation import ADMIN, ADMIN_PASSWORD, Installation


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "fresh")
    done = made.init()
    assert done.returncode == 0, done.stderr
    made.start()
    yield made
    made.stop()


def test_from_a_fresh_installation_to_a_recording(
    fresh: Installation, chromium: Browser, linux_hosts: list[Host], axe: str
) -> None:
    """What is to be run on the host is run there, as it stands; the recording shows what was typed."""
    context = chromium.new_context(
        base_url=f"https://{fresh.https}", ignore_https_errors=True, locale="en-GB", reduced_motion="reduce"
    )
    admin = Person(context, ADMIN, ADMIN_PASSWORD)
    page, host = admin.page, linux_hosts[1]
    admin.sign_in("/admin")
    page.get_by_role("link", name="Begin").click()
    page.get_by_role("button", name="Do it later").click()

    page.get_by_label("Name of the host").fill("first01")
    page.get_by_label("Address or DNS name").fill(host.address)
    page.get_by_label("Account for Locum").fill("pamsvc")
    page.get_by_role("button", name="Make its key").click()
    commands = page.get_by_role("textbox", name="Commands for the host").inner_text()
    assert "PRIVATE KEY" not in page.content()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 844})
    hosts.run(host, commands)
    page.get_by_role("button", name="I have run it: add the host").click()
    page.get_by_role("button", name="Myself").click()
    page.get_by_role("button", name="Make the policy").click()
    page.get_by_role("button", name="Start it").click()
    command = page.get_by_role("textbox", name="Command to connect").inner_text()
    assert found_by_axe(page, axe) == []
    page.reload()  # what was chosen stands in the address
    expect(page.get_by_text("This page sees by itself")).to_be_visible()

    shell = open_shell(command, ADMIN_PASSWORD)
    shell.sendline("echo first-$((20+3))")
    shell.expect("first-23")
    page.get_by_role("button", name="End session").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    page.get_by_role("link", name="Play the recording").click()
    player = page.get_by_role("region", name="Player")
    player.get_by_role("button", name="Play").click()
    expect(player).to_contain_text("first-23")
    assert "pamsvc" in hosts.run(host, "cat /etc/passwd")
    page.goto("/admin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("link", name="Begin")).to_have_count(0)
    complaints = admin.complaints
    context.close()
    assert not complaints, complaints
