"""All that one can say when one asks, what waits, and asking for the same again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browsing import end_session
from installation import Installation, ask

FIELDS = [
    {"customFieldNumber": 1, "name": "change", "label": "Change number", "customFieldDataType": 1, "length": 8,
     "required": True},
    {"customFieldNumber": 2, "name": "site", "label": "Site", "customFieldDataType": 2, "options": "Bonn, Rome"},
    {"customFieldNumber": 3, "name": "people", "label": "People", "customFieldDataType": 0},
]  # fmt: skip


@pytest.fixture
def asking(installed: Installation) -> Iterator[str]:
    """Alice may ask for `Linux shell` under a policy that asks much, before all others; its id."""
    admin = installed.admin()
    profile = admin.call("POST", "/api/v1/ConnectionProfile", {"name": "asking", "customFields": FIELDS})["id"]
    first = next(one for one in admin.call("GET", "/api/v1/AccessControlPolicy") if one["name"] == "all")
    shell = next(one["id"] for one in admin.call("GET", "/api/v1/Activity") if one["name"] == "Linux shell")
    policy = admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "asking", "priority": -1, "activityConfigurationId": profile, "ticketRequired": True,
        "activityIds": [shell], **{ids: first[ids] for ids in ("managedAccountIds", "managedResourceIds")},
    })["id"]  # fmt: skip
    yield policy
    admin.call("DELETE", f"/api/v1/AccessControlPolicy/{policy}")


def test_what_is_asked_waits_is_cancelled_and_asked_again(alice: Page, asking: str) -> None:
    alice.get_by_role("button", name="Start Linux shell").click()
    expect(alice).to_have_url(re.compile(r"/\?ask="))
    alice.reload()  # the dialog has an address
    dialog = alice.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("move the cables")
    dialog.get_by_label("Ticket").fill("T-17")
    expect(dialog.get_by_label("Change number")).to_have_attribute("required", "")
    dialog.get_by_label("Change number").fill("CHG-1")
    dialog.get_by_label("People").fill("3")
    dialog.get_by_role("combobox", name="Site").click()
    dialog.get_by_role("option", name="Rome").click()
    tomorrow = dt.datetime.now() + dt.timedelta(days=1)
    dialog.get_by_label("Start later").fill(tomorrow.strftime("%Y-%m-%dT%H:%M"))
    dialog.get_by_label("For how many minutes").fill("25")
    dialog.get_by_role("button", name="Start later").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Linux shell on web01")
    expect(alice.locator("dl")).to_contain_text("CHG-1")
    session = alice.url.rpartition("/")[2]

    alice.goto("/sessions?tab=requests")
    row = alice.get_by_role("table", name="Requests").get_by_role("row").filter(has_text="Linux shell on web01")
    expect(row).to_contain_text("its beginning")
    row.get_by_role("button", name="Cancel").click()
    alice.get_by_role("dialog").get_by_role("button", name="Cancel").last.click()
    expect(row).to_have_count(0)

    alice.goto(f"/sessions/{session}")
    alice.get_by_role("link", name="Ask again").click()
    dialog = alice.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Resource")).to_have_value("web01")
    for label, value in (("Reason", "move the cables"), ("Ticket", "T-17"), ("Change number", "CHG-1"),
                         ("People", "3")):  # fmt: skip
        expect(dialog.get_by_label(label)).to_have_value(value)
    expect(dialog.get_by_role("combobox", name="Site")).to_have_value("Rome")
    dialog.get_by_label("For how many minutes").fill("10")
    dialog.get_by_role("button", name="Start now").click()
    expect(alice.locator("[aria-current=step]")).to_have_text("Active")
    expect(alice.get_by_role("timer")).to_have_text(re.compile(r"0:(10:00|09:\d\d)"))
    end_session(alice)


def test_what_was_asked_for_last_and_what_is_kept_at_hand(installed: Installation, alice: Page) -> None:
    """A favourite stays with its person, and is not shown once its access is gone."""
    installed.user().call("DELETE", f"/api/v1/ActivitySession/{ask(installed.user())}")
    alice.reload()
    name = "Linux sudo on web01"
    recent = alice.get_by_role("region", name="Asked for last")
    recent.get_by_role("button", name=f"Make {name} a favourite").click()
    favourites = alice.get_by_role("region", name="Favourites")
    expect(favourites.get_by_role("link", name=name)).to_be_visible()
    alice.evaluate("localStorage.clear()")
    alice.reload()
    favourites.get_by_role("link", name=name).click()
    expect(alice.get_by_role("dialog").get_by_role("combobox", name="Resource")).to_have_value("web01")
    alice.keyboard.press("Escape")
    expect(alice.get_by_role("dialog")).to_have_count(0)

    admin = installed.admin()
    (policy,) = [one["id"] for one in admin.call("GET", "/api/v1/AccessControlPolicy") if one["name"] == "all"]
    link = f"/?ask={favourites.get_by_role('link').get_attribute('href').split('ask=')[1]}"
    admin.call("PUT", f"/api/v1/AccessControlPolicy/{policy}/Status?isDisabled=true")
    try:
        alice.goto(link)
        expect(alice.get_by_role("dialog")).to_contain_text("You can't ask for this any more")
        expect(favourites).to_have_count(0)
    finally:
        admin.call("PUT", f"/api/v1/AccessControlPolicy/{policy}/Status?isDisabled=false")
    alice.goto("/")
    favourites.get_by_role("button", name=f"{name} is a favourite no more").click()
    expect(favourites).to_have_count(0)
    alice.get_by_role("button", name="Start Linux sudo").click()
    dialog = alice.get_by_role("dialog")
    dialog.get_by_role("button", name=f"Make {name} a favourite").click()
    dialog.get_by_role("button", name=f"{name} is a favourite no more").click()
    expect(dialog.get_by_role("button", name=f"Make {name} a favourite")).to_be_visible()
