"""Saying yes and no to requests; looking at what others did."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import Person, end_session, open_shell, run_in_session
from installation import USER, USER_PASSWORD, Installation, ask

CAROL_PASSWORD = "horse battery staple carol"


@pytest.fixture(scope="module")
def four_eyes(installed: Installation) -> str:
    """Alice may ask for `Linux shell` under a policy of its own, of which Carol is asked; the policy's id."""
    admin = installed.admin()
    carol = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": "carol"},
        "localUserPasswordChangeRequest": {"passwordNew": CAROL_PASSWORD},
    })["id"]  # fmt: skip
    workflow = admin.call("POST", "/api/v1/ApprovalWorkflow", {
        "name": "four eyes",
        "approvalWorkflowTiers": [{"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": carol}]}],
    })["id"]  # fmt: skip
    profile = admin.call(
        "POST", "/api/v1/ConnectionProfile",
        {"name": "asked first", "approvalTypeRequired": 2, "approvalWorkflowId": workflow},
    )["id"]  # fmt: skip
    (first,) = admin.call("GET", "/api/v1/AccessControlPolicy")
    return str(admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "asked first", "activityConfigurationId": profile,
        **{ids: first[ids] for ids in ("managedAccountIds", "managedResourceIds", "activityIds")},
    })["id"])  # fmt: skip


def test_an_approver_says_no_and_yes(
    installed: Installation, person: Callable[..., Person], four_eyes: str
) -> None:
    """The requester sees it on the page of the session, which goes on by itself."""
    carol = person("carol", CAROL_PASSWORD).page
    alice = person().page
    for decision, then, before in (
        ("Deny", "Denied", "Never asked for anything here before"), ("Approve", "Active", "1 not approved"),
    ):  # fmt: skip
        wanted = {"accessPolicyId": four_eyes, "note": f"please {decision.lower()}"}
        session = ask(installed.user(), **wanted)
        alice.goto(f"/sessions/{session}")
        expect(alice.locator("[aria-current=step]")).to_have_text("Approved")
        expect(alice.get_by_role("region", name="Approvals")).to_contain_text("carol is asked")
        carol.get_by_role("link", name="To approve").click()
        request = carol.get_by_role("article", name="Linux sudo on web01").filter(has_text=wanted["note"])
        expect(request).to_contain_text("alice")
        expect(request.get_by_role("region", name="Who asks")).to_contain_text(before)
        request.get_by_label("Notes for the requester").fill(f"{decision} it is")
        request.get_by_role("button", name=decision).click()
        expect(carol.get_by_text("Nothing waits for you")).to_be_visible()
        expect(alice.locator("main").get_by_text(then, exact=True).first).to_be_visible()
        expect(alice.get_by_role("region", name="Approvals")).to_contain_text(f"{decision} it is")
    installed.user().call("DELETE", f"/api/v1/ActivitySession/{session}")


def test_an_auditor_finds_and_plays_what_was_shown(
    installed: Installation, admin: Page, alice: Page, tmp_path: Path
) -> None:
    """From a word that stood on a terminal to the moment it did; the audit log knows of the playing."""
    alice.goto(f"/sessions/{ask(installed.user())}")
    command = alice.get_by_role("textbox", name="Command to connect").inner_text()
    run_in_session(command, r"""'printf "\033]0;evil\007<i>needle-%s" $((20+3))'""")
    end_session(alice)

    admin.get_by_role("link", name="All sessions").click()
    expect(admin.get_by_role("table").get_by_role("row").nth(1)).to_contain_text("alice")
    admin.get_by_role("link", name="Recordings").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Recordings")
    admin.get_by_role("searchbox").fill("needle-23")
    admin.get_by_role("table").get_by_role("link", name="needle-23").first.click()
    expect(admin.get_by_role("heading", level=1)).to_have_text(re.compile("alice"))
    player = admin.get_by_role("region", name="Player")
    expect(player).to_contain_text("<i>needle-23")
    assert "evil" not in admin.title()
    exported = tmp_path / "audit"
    assert installed.locum("audit", "export", str(exported)).returncode == 0
    assert '"recording.viewed"' in exported.read_text()


def test_an_administrator_watches_locks_and_ends_a_session(
    installed: Installation, admin: Page, alice: Page
) -> None:
    """What is typed is seen while it is typed; a locked session takes nothing; the picture ends with the session."""
    session = ask(installed.user())
    alice.goto(f"/sessions/{session}")
    shell = open_shell(alice.get_by_role("textbox", name="Command to connect").inner_text())
    expect(alice.get_by_role("region", name="Connections")).to_contain_text("recorded")
    expect(alice.get_by_role("link", name="Watch live")).to_have_count(0)

    admin.goto(f"/sessions/{session}")
    admin.get_by_role("link", name="Watch live").click()
    screen = admin.get_by_role("region", name="What is shown now")
    expect(screen).to_contain_text("$")
    lit = admin.get_by_role("navigation", name="Main").locator("[aria-current=page]")
    expect(lit).to_have_text(["All sessions"])
    title = admin.title()
    shell.sendline(r"printf '\033]0;evil\007<b>seen-%s\n' $((20+3))")
    expect(screen).to_contain_text("<b>seen-23")
    assert admin.title() == title

    admin.get_by_label("Message to the user").fill("one moment please")
    admin.get_by_role("button", name="Lock the session").click()
    expect(admin.get_by_role("button", name="Unlock the session")).to_be_visible()
    shell.expect("one moment please")
    admin.get_by_role("button", name="Unlock the session").click()
    expect(admin.get_by_role("button", name="Lock the session")).to_be_visible()

    end_session(admin)
    expect(admin.get_by_role("status")).to_have_text("Connection ended")
    expect(admin.get_by_text("The session is over")).to_be_visible()


def test_who_may_watch_no_more_is_told_so(
    installed: Installation, person: Callable[..., Person], alice: Page
) -> None:
    """The picture stops as soon as the role is gone, while the connection goes on."""
    api = installed.admin()
    bruno = api.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": "bruno"},
        "localUserPasswordChangeRequest": {"passwordNew": CAROL_PASSWORD},
    })["id"]  # fmt: skip
    role = next(one["id"] for one in api.call("GET", "/api/locum/v1/Role") if one["name"] == "Administrator")
    api.call("PUT", f"/api/locum/v1/Role/{role}/Member/{bruno}")
    session = ask(installed.user())
    alice.goto(f"/sessions/{session}")
    shell = open_shell(alice.get_by_role("textbox", name="Command to connect").inner_text())
    page = person("bruno", CAROL_PASSWORD).page
    page.goto(f"/sessions/{session}")
    page.get_by_role("link", name="Watch live").click()
    expect(page.get_by_role("region", name="What is shown now")).to_contain_text("$")
    api.call("DELETE", f"/api/locum/v1/Role/{role}/Member/{bruno}")
    expect(page.get_by_role("alert")).to_contain_text("Your right to watch connections was taken away")
    expect(page.get_by_role("status")).to_have_text("Not for you any more")
    shell.sendline("echo still-$((20+3))")
    shell.expect("still-23")
    end_session(alice)


def test_the_audit_log_is_searched_and_says_how_far_it_is_sealed(installed: Installation, admin: Page) -> None:
    """A refusal that has just happened is found among all that was allowed, by who was refused and by its outcome."""
    alice = installed.browser(USER, USER_PASSWORD)
    assert alice.get("/api/locum/v1/AuditEvent").status_code == 403
    admin.get_by_role("link", name="Audit log").click()
    expect(admin.get_by_role("alert")).to_contain_text("in the chain")
    admin.get_by_role("switch", name="Only what was denied or failed").click()
    admin.get_by_role("searchbox").fill("alice")
    expect(admin).to_have_url(re.compile(r"/audit\?troubled=true&q=alice"))
    rows = admin.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("operation: AuditEvent.Search")
    expect(rows.nth(1)).to_contain_text("Denied")
    admin.reload()
    expect(admin.get_by_role("switch")).to_be_checked()
    expect(admin.get_by_role("searchbox")).to_have_value("alice")
    today = dt.date.today()
    admin.get_by_label("From").fill(str(today))
    expect(admin).to_have_url(re.compile(rf"from={today}"))
    expect(rows.nth(1)).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    admin.get_by_label("From").fill("")
    admin.get_by_label("To", exact=True).fill(str(today - dt.timedelta(days=1)))
    expect(admin.get_by_text("No event is like that")).to_be_visible()
    admin.get_by_label("To", exact=True).fill("")
    expect(rows.nth(1)).to_contain_text("Denied")
    admin.get_by_role("searchbox").fill("nobody at all")
    expect(admin.get_by_text("No event is like that")).to_be_visible()


def test_who_may_not_look_is_told_so(person: Callable[..., Person]) -> None:
    """The menu has no link; who types the address gets the server's refusal."""
    alice = person(USER, USER_PASSWORD).page
    expect(alice.get_by_role("link", name="My access")).to_be_visible()
    expect(alice.get_by_role("link", name="Recordings")).to_have_count(0)
    alice.goto("/recordings")
    expect(alice.get_by_role("alert")).to_contain_text("this needs one of the roles Admin")
