"""What is taken away and comes back: a policy, somebody's second factors, the right to one's recordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.client import Refused
from playwright.sync_api import Page, expect

from browsing import Person, confirm, end_session, run_in_session
from installation import Installation, ask

FIRST = "a first horse battery"


def may_ask(installed: Installation, policy: str) -> bool:
    """Whether Alice gets a session under this policy, which she then gives back."""
    alice = installed.user()
    try:
        session = ask(alice, accessPolicyId=policy)
    except Refused:
        return False
    alice.call("DELETE", f"/api/v1/ActivitySession/{session}")
    return True


def test_a_policy_comes_back_as_it_was(installed: Installation, admin: Page) -> None:
    """Disabled and enabled, deleted and restored: what it gives is gone and there again."""
    api = installed.admin()
    first = next(one for one in api.call("GET", "/api/v1/AccessControlPolicy") if one["name"] == "all")
    given = {ids: first[ids] for ids in ("managedAccountIds", "managedResourceIds", "activityIds")}
    policy = api.call("POST", "/api/v1/AccessControlPolicy", {"name": "comes back", **given})["id"]
    assert may_ask(installed, policy)
    admin.goto(f"/admin/policies/{policy}")
    for off, on, says in (
        ("Disable", "Enable", "This policy is disabled"),
        ("Delete", "Restore", "This policy is deleted"),
    ):
        admin.get_by_role("button", name=off).click()
        confirm(admin, off)
        expect(admin.get_by_role("alert")).to_contain_text(says)
        assert not may_ask(installed, policy)
        if on == "Restore":
            admin.goto("/admin/policies?state=deleted")
            admin.get_by_role("table", name="Access policies").get_by_role("link", name="comes back").click()
        admin.get_by_role("button", name=on).click()
        expect(admin.get_by_role("alert")).to_have_count(0)
        assert may_ask(installed, policy)
    api.call("PUT", f"/api/v1/AccessControlPolicy/{policy}/Status?isDeleted=true")


def test_second_factors_are_taken_away(
    installed: Installation, admin: Page, person: Callable[..., Person]
) -> None:
    """Who lost the phone sets up a new app at the next sign-in; the one before and every sign-in are of no use."""
    api = installed.admin()
    hanna = local_user(api, "hanna")
    api.call("PUT", f"/api/locum/v1/SecondFactor/{hanna}/Requirement", {"requirement": 1})
    installed.client().enrol("hanna", FIRST)
    hers = person("hanna", FIRST, signed_in=False)
    hers.page.goto("/")
    hers.give_password()
    expect(hers.page.get_by_label("Code")).to_be_visible()
    admin.goto(f"/admin/people/{hanna}")
    admin.get_by_role("button", name="Reset second factors").click()
    confirm(admin, "Reset second factors")
    expect(admin.get_by_role("table", name="What happened")).to_contain_text("second_factor")
    hers.page.reload()
    hers.give_password()
    expect(hers.page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()


def local_user(api: Any, name: str) -> str:
    return str(api.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": name},
        "localUserPasswordChangeRequest": {"passwordNew": FIRST},
    })["id"])  # fmt: skip


def test_one_s_own_recordings_where_one_may(installed: Installation, alice: Page) -> None:
    """A link to each from one's own sessions, once a role allows it, and as long as it does."""
    alice.goto(f"/sessions/{ask(installed.user())}")
    run_in_session(alice.get_by_role("textbox", name="Command to connect").inner_text(), "echo", "mine-$((20+3))")
    end_session(alice)
    alice.goto("/sessions?tab=past")
    row = alice.get_by_role("table", name="Ended").get_by_role("row").nth(1)
    expect(row.get_by_role("link", name="Ask again")).to_be_visible()
    expect(row.get_by_role("link", name="Play")).to_have_count(0)
    api = installed.admin()
    (hers,) = api.call("GET", "/api/v1/ManagedAccount/Search?filterText=alice")["data"]
    role = api.call("POST", "/api/locum/v1/Role", {
        "name": "what one did oneself", "target": "recordings", "permissions": ["recordings:ended:view"],
        "managedAccountIds": [hers["id"]],
    })["id"]  # fmt: skip
    api.call("PUT", f"/api/locum/v1/Role/{role}/Member/{hers['id']}")
    try:
        alice.reload()
        row.get_by_role("link", name="Play").click()
        player = alice.get_by_role("region", name="Player")
        expect(player).to_contain_text("mine-23")
    finally:
        api.call("DELETE", f"/api/locum/v1/Role/{role}")
    alice.reload()
    expect(alice.get_by_role("alert")).to_be_visible()
    expect(player).to_have_count(0)
