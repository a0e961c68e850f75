"""The console's usual way once through on PostgreSQL; every other test here is repeated on it by `make test-full`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browsing import Person, end_session, run_in_session
from installation import Installation


@pytest.mark.parametrize("installed", ["postgresql"], indirect=True)
def test_from_the_card_to_the_audit_log(
    installed: Installation, person: Callable[..., Person], alice: Page, admin: Page
) -> None:
    """What one person did, another finds in each place where it has to stand."""
    alice.get_by_role("button", name="Start Linux sudo").click()
    alice.get_by_label("Reason").fill("on PostgreSQL")
    alice.get_by_role("button", name="Start now").click()
    expect(alice.locator("[aria-current=step]")).to_have_text("Active")
    happened = alice.get_by_role("region", name="What happened")
    expect(happened).to_contain_text("access is ready")
    command = alice.get_by_role("textbox", name="Command to connect").inner_text()
    assert "uid=0(root)" in run_in_session(command, "sudo", "sh", "-c", "'id; echo needle-$((20+3))'")
    end_session(alice)
    alice.get_by_role("link", name="My sessions").click()
    alice.get_by_role("tab", name="Ended").click()
    expect(alice.get_by_role("table", name="Ended")).to_contain_text("Linux sudo")

    admin.get_by_role("link", name="All sessions").click()
    expect(admin.get_by_role("table")).to_contain_text("alice")
    admin.get_by_role("link", name="Recordings").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Recordings")
    admin.get_by_role("searchbox").fill("needle-23")
    admin.get_by_role("table").get_by_role("link", name="needle-23").first.click()
    expect(admin.get_by_role("region", name="Player")).to_contain_text("needle-23")
    admin.get_by_role("link", name="Overview").click()
    chart = admin.get_by_role("region", name="Sessions a day").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"[1-9]\d* sessions?, of which 0 failed"))
    expect(admin.get_by_text("Nothing needs you")).to_be_visible()
    admin.get_by_role("link", name="Access policies").click()
    expect(admin.get_by_role("table", name="Access policies")).to_contain_text("all")
    why = admin.get_by_role("region", name="Who may do what, and why?")
    for label, name in (("User", "alice"), ("Activity", "Linux sudo"), ("Resource", "web01")):
        why.get_by_label(label).fill(name)
    why.get_by_role("button", name="Explain").click()
    expect(why.get_by_role("alert")).to_contain_text("Allowed")
    admin.get_by_role("link", name="Audit log").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Audit log")
    admin.get_by_role("searchbox").fill("alice")
    expect(admin.get_by_role("table")).to_contain_text("session.requested")
