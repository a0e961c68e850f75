"""What administrators do: see who gets what and why, and give applications their keys."""

from __future__ import annotations

import datetime as dt
import re

from playwright.sync_api import Page, expect

from installation import Installation, ask, status


def test_why_somebody_may_and_may_not(admin: Page) -> None:
    admin.get_by_role("link", name="Access policies").click()
    expect(admin.get_by_role("table", name="Access policies")).to_contain_text("all")
    why = admin.get_by_role("region", name="Who may do what, and why?")
    for user, outcome in (("alice", "Allowed"), ("admin", "Denied")):
        why.get_by_label("User").fill(user)
        why.get_by_label("Activity").fill("Linux sudo")
        why.get_by_label("Resource").fill("web01")
        why.get_by_role("button", name="Explain").click()
        expect(why.get_by_role("alert")).to_contain_text(outcome)


def test_an_application_s_key_from_issue_to_revocation(installed: Installation, admin: Page) -> None:
    """Each state is tried with the key itself."""
    admin.get_by_role("link", name="Applications").click()
    admin.get_by_role("button", name="Add an application").click()
    admin.get_by_role("dialog").get_by_label("Name").fill("<b>inventory</b>")
    admin.get_by_role("dialog").get_by_role("button", name="Add an application").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("<b>inventory</b>")

    first = issued(admin, "first")
    assert works(installed, first)
    second = issued(admin, "second", overlap=10)
    assert works(installed, first)
    assert works(installed, second)
    keys = admin.get_by_role("table", name="API keys")
    expect(keys.get_by_role("row").filter(has_text="second")).to_contain_text("Live")
    assert first not in admin.content()
    keys.get_by_role("row").filter(has_text="first").get_by_role("button", name="Revoke").click()
    admin.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(keys.get_by_role("row").filter(has_text="first")).to_contain_text("Dead")
    assert not works(installed, first)
    assert works(installed, second)


def issued(page: Page, name: str, overlap: int | None = None) -> str:
    """A new key, as the dialog shows it this once."""
    page.get_by_role("button", name="Issue a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    if overlap is not None:
        dialog.get_by_label("Minutes the key before goes on working").fill(str(overlap))
    dialog.get_by_role("button", name="Issue a key").click()
    key = dialog.get_by_role("textbox", name="API key").inner_text()
    dialog.get_by_role("button", name="I have kept it").click()
    expect(dialog).to_have_count(0)
    return key


def works(installed: Installation, key: str) -> bool:
    caller = installed.client()
    caller.authorization = key
    return status(caller) == 200


def test_what_needs_an_administrator_is_on_the_overview(installed: Installation, admin: Page) -> None:
    """A key that is about to expire and an account locked by wrong passwords come by themselves, and go again."""
    admin.get_by_role("link", name="Overview").click()
    session = ask(installed.user())
    admin.reload()
    chart = admin.get_by_role("region", name="Sessions a day").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"[1-9]\d* sessions?, of which \d+ failed"))
    installed.user().call("DELETE", f"/api/v1/ActivitySession/{session}")
    locked = admin.get_by_role("region", name="Locked accounts")
    expect(locked).to_contain_text("None")
    api = installed.admin()
    dora = api.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": "dora"},
        "localUserPasswordChangeRequest": {"passwordNew": "a password of hers alone"},
    })["id"]  # fmt: skip
    api.call("POST", f"/api/v1/ManagedAccount/{dora}/Lock")
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).isoformat()
    installed.application(api, "old robot", expiresAt=soon)
    admin.reload()
    expect(locked).to_contain_text("dora")
    admin.get_by_role("region", name="API keys that expire soon").get_by_role("link", name="old robot").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("old robot")
    api.call("POST", f"/api/v1/ManagedAccount/{dora}/Unlock")
    admin.get_by_role("link", name="Overview").click()
    expect(locked).to_contain_text("None")


def test_a_resource_is_found_by_a_part_of_its_name(admin: Page) -> None:
    admin.get_by_role("link", name="Resources").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Resources")
    admin.get_by_role("searchbox").fill("eb0")
    expect(admin).to_have_url(re.compile(r"q=eb0"))
    expect(admin.get_by_role("table")).to_contain_text("web01")
    admin.reload()
    expect(admin.get_by_role("searchbox")).to_have_value("eb0")
    admin.get_by_role("searchbox").fill("no such")
    expect(admin.get_by_text("No resource has this name")).to_be_visible()
