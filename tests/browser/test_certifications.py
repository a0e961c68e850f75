"""A certification from its setting up to what it denied; the reviewer is somebody else than the administrator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from demo.client import Refused
from playwright.sync_api import Page, expect

from browsing import Person, choose, confirm
from installation import Installation, ask

REVIEWER_PASSWORD = "a horse that reviews"


@pytest.fixture
def rita(installed: Installation) -> str:
    """Somebody with the role Reviewer, and a policy for Alice of its own that is certified."""
    api = installed.admin()
    made = api.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": "rita"},
        "localUserPasswordChangeRequest": {"passwordNew": REVIEWER_PASSWORD},
    })["id"]  # fmt: skip
    api.call("PUT", f"/api/v1/ManagedAccount/Reviewer/{made}?isReviewer=true")
    (first, *_) = api.call("GET", "/api/v1/AccessControlPolicy")
    members = ("managedAccountIds", "managedResourceIds", "activityIds")
    body = {"name": "to be certified", **{ids: first[ids] for ids in members}}
    return str(api.call("POST", "/api/v1/AccessControlPolicy", body)["id"])


def test_a_reviewer_denies_one_access_and_approves_the_rest(
    installed: Installation, admin: Page, person: Callable[..., Person], rita: str
) -> None:
    admin.get_by_role("link", name="Certifications").click()
    admin.get_by_role("link", name="Add a certification").click()
    admin.get_by_role("textbox", name="Name", exact=True).fill("Autumn")
    choose(admin, "Reviewer", "rita")
    choose(admin, "Access policies", "to be certified")
    admin.get_by_role("heading", level=1).click()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Autumn")
    admin.get_by_role("button", name="Start it").click()
    expect(admin.get_by_role("table", name="Accesses")).to_contain_text("alice")
    expect(admin.get_by_role("checkbox")).to_have_count(0)

    session = ask(installed.user(), accessPolicyId=rita)
    page = person("rita", REVIEWER_PASSWORD).page
    expect(page.get_by_role("link", name="Access policies")).to_have_count(0)
    page.get_by_role("link", name="Certifications").click()
    page.get_by_role("link", name="Autumn").click()
    page.get_by_role("checkbox", name="alice: Linux sudo on web01").check()
    word = page.get_by_role("group", name="Decide")
    expect(word.get_by_role("button", name="Deny 1 access")).to_be_disabled()
    word.get_by_label("Notes").fill("left the team")
    word.get_by_role("button", name="Deny 1 access").click()
    expect(page.get_by_role("checkbox", name="alice: Linux sudo on web01")).to_have_count(0)
    page.get_by_role("button", name="Choose all on this page").click()
    page.get_by_role("button", name="Still needed").click()
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    page.get_by_label("Also those that are decided").click()
    expect(page.get_by_role("table", name="Accesses")).to_contain_text("left the team")

    installed.user().wait_for_session(session, {5})
    with pytest.raises(Refused, match="left the team"):
        ask(installed.user(), accessPolicyId=rita)
    admin.goto("/admin/people?q=alice")
    admin.get_by_role("table").get_by_role("link", name="alice").click()
    denied = admin.get_by_role("table", name="Denied by certifications").get_by_role("row")
    denied.filter(has_text="Linux sudo · web01").get_by_role("button", name="Lift").click()
    admin.get_by_role("dialog").get_by_label("Why").fill("back in the team")
    confirm(admin, "Lift")
    expect(admin.get_by_text("Nothing is denied")).to_be_visible()
    ask(installed.user(), accessPolicyId=rita)
    installed.admin().call("DELETE", f"/api/v1/AccessControlPolicy/{rita}")
