"""Asking for access, using it and giving it back, as a person does it in a browser."""

from __future__ import annotations

import re

from demo.hosts import Host
from playwright.sync_api import Page, expect

from browsing import end_session, run_in_session
from demo import hosts


def test_from_the_card_to_the_end(alice: Page, linux_hosts: list[Host]) -> None:
    """Three clicks to a session; the host has the account while it is active and not after it was ended."""
    host = linux_hosts[0]
    alice.get_by_role("button", name="Start Linux sudo").click()
    expect(alice.get_by_role("combobox", name="Resource")).to_have_value("web01")
    alice.get_by_label("Reason").fill("restart the web server")
    alice.get_by_role("button", name="Start now").click()

    expect(alice.get_by_role("heading", level=1)).to_have_text("Linux sudo on web01")
    expect(alice.locator("[aria-current=step]")).to_have_text("Active")
    command = alice.get_by_role("textbox", name="Command to connect").inner_text()
    assert re.fullmatch(r"ssh -p \d+ 'alice\+Linux_sudo\+web01\+~[0-9a-f-]{36}@127\.0\.0\.1'", command)
    assert (
        alice.get_by_role("link", name="Open in an SSH program").get_attribute("href").startswith("ssh://alice+")
    )
    expect(alice.get_by_role("timer")).to_have_text(re.compile(r"\d:\d\d:\d\d"))
    facts = alice.locator("dl")
    expect(facts).to_contain_text("restart the web server")
    login = re.search(r"alice-\w+", facts.inner_text())
    assert login
    assert login.group() in hosts.run(host, "cat /etc/passwd")

    assert "uid=0(root)" in run_in_session(command, "sudo", "id")
    expect(alice.get_by_role("region", name="Connections")).to_contain_text("recorded")
    end_session(alice)
    expect(alice.locator("main").get_by_text("Ended", exact=True).first).to_be_visible()
    assert login.group() not in hosts.run(host, "cat /etc/passwd")

    alice.get_by_role("link", name="My sessions").click()
    alice.get_by_role("tab", name="Ended").click()
    expect(alice.get_by_role("table")).to_contain_text("Linux sudo")
