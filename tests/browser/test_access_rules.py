"""Activities, profiles, workflows and policies are made and changed in the console; what comes of it, elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from demo.client import Refused
from demo.hosts import Host
from playwright.sync_api import Page, expect

from browsing import Person, choose, confirm
from demo import hosts
from installation import ADMIN, ADMIN_PASSWORD, Installation


def name_field(page: Page) -> Any:
    return page.get_by_role("textbox", name="Name", exact=True)


def test_an_activity_with_actions_under_a_policy_of_its_own(
    installed: Installation, admin: Page, linux_hosts: list[Host]
) -> None:
    """From nothing to a file that its script left on the host, with the console alone; then all of it goes again."""
    admin.get_by_role("link", name="Activities").click()
    admin.get_by_role("link", name="Add an activity").click()
    name_field(admin).fill("Leave a mark")
    admin.get_by_label("Platform").select_option("Linux")
    admin.get_by_label("Kind").select_option("Task")
    admin.get_by_role("form", name="Activity").get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Leave a mark")
    task = admin.get_by_role("form", name="Last before it is active")
    task.get_by_role("button", name="Add an action").click()
    task.get_by_role("textbox", name="Script").fill("echo done by the console > /tmp/mark")
    task.get_by_role("textbox", name="Run as").fill("root")
    task.get_by_role("button", name="Save").click()
    expect(task.get_by_text("Saved", exact=True)).to_be_visible()

    admin.get_by_role("link", name="Access policies").click()
    admin.get_by_role("link", name="Add an access policy").click()
    name_field(admin).fill("marks")
    admin.get_by_label("A reason must be given").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("marks")
    for part, name in (("People and groups", "alice"), ("Activities", "Leave a mark"), ("Resources", "web01")):
        admin.get_by_role("button", name=f"Add to: {part}").click()
        choose(admin.get_by_role("dialog"), part, name)
        admin.get_by_role("heading", name=f"Add to: {part}").click()
        confirm(admin, "Add")
        expect(admin.get_by_role("list", name=part)).to_contain_text(name)

    alice = installed.user()
    wanted = {"activityName": "Leave a mark", "managedResourceName": "web01"}
    with pytest.raises(Refused, match="notes"):
        alice.call("POST", "/api/v1/ActivitySession", wanted)
    session = alice.call("POST", "/api/v1/ActivitySession", {**wanted, "note": "a test"})["id"]
    alice.wait_for_session(session, {3})
    assert hosts.run(linux_hosts[0], "cat /tmp/mark; rm /tmp/mark").strip() == "done by the console"

    admin.get_by_role("button", name="Disable").click()
    confirm(admin, "Disable")
    expect(admin.get_by_text("This policy is disabled")).to_be_visible()
    with pytest.raises(Refused):
        alice.call("POST", "/api/v1/ActivitySession", {**wanted, "note": "again"})
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    expect(admin.get_by_text("This policy is deleted")).to_be_visible()


def test_a_profile_with_all_that_goes_with_it_is_made_and_copied(installed: Installation, admin: Page) -> None:
    """The API has each part as it was typed, of the copy too."""
    api = installed.admin()
    restriction = api.call("POST", "/api/locum/v1/CommandRestriction", {
        "name": "no removal", "rules": [{"pattern": "^rm ", "action": "block"}],
    })["id"]  # fmt: skip
    admin.goto("/admin/profiles/new")
    name_field(admin).fill("office")
    admin.get_by_label("Longest session, in minutes").fill("45")
    admin.get_by_role("button", name="Add a question").click()
    admin.get_by_role("group", name="Question 1").get_by_role("textbox", name="Name").fill("change")
    admin.get_by_label("It must be answered").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("office")

    where = admin.get_by_role("form", name="From where")
    where.get_by_role("button", name="Add a rule").click()
    where.get_by_role("textbox", name="Address").fill("10.0.0.0/8")
    when = admin.get_by_role("form", name="When")
    when.get_by_role("button", name="Add a window").click()
    when.get_by_label("Friday").uncheck()
    carries = admin.get_by_role("form", name="What the SSH gateway carries")
    carries.get_by_label("Files to the target").check()
    carries.get_by_label("Directories that files lie below").fill("/srv/in\n~\n")
    carries.get_by_label("Largest file, in MiB").fill("2")
    keys = admin.get_by_role("form", name="Registered SSH keys")
    keys.get_by_label("Registered SSH keys").select_option("Nothing: only the password counts")
    commands = admin.get_by_role("form", name="Command restrictions")
    choose(commands, "Command restrictions", "no removal")
    for form in (where, when, carries, keys, commands):
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_text("Saved", exact=True)).to_be_visible()
    profile = admin.url.rsplit("/", 1)[1]
    expected = parts(api, profile)
    assert expected["profile"]["maxSessionLength"] == 45
    assert [field["name"] for field in expected["profile"]["customFields"]] == ["change"]
    assert expected["AddressRule"] == [{"address": "10.0.0.0/8", "allowed": True, "type": 2}]
    assert expected["AccessWindow"][0]["weekdays"] == "Monday,Tuesday,Wednesday,Thursday"
    assert expected["ChannelRules"]["paths"] == ["/srv/in", "~"]
    assert (expected["ChannelRules"]["upload"], expected["ChannelRules"]["maxFileBytes"]) == (True, 2 << 20)
    assert expected["SshKeyUse"] == {"sshKeyUse": "off"}
    assert [one["id"] for one in expected["CommandRestriction"]] == [restriction]

    admin.get_by_role("button", name="Copy").click()
    admin.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Copy of office")
    copied = parts(api, admin.url.rsplit("/", 1)[1])
    assert {**copied, "profile": None} == {**expected, "profile": None}
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    assert "Copy of office" not in [one["name"] for one in api.call("GET", "/api/v1/ConnectionProfile")]


def parts(api: Any, profile: str) -> dict[str, Any]:
    names = ("AddressRule", "AccessWindow", "ChannelRules", "SshKeyUse", "CommandRestriction")
    found = {name: api.call("GET", f"/api/locum/v1/ConnectionProfile/{profile}/{name}") for name in names}
    return {**found, "profile": api.call("GET", f"/api/v1/ConnectionProfile/{profile}")}


def test_a_workflow_that_a_profile_has_stays(installed: Installation, admin: Page) -> None:
    """Two tiers as they were typed; the refusal to delete it says which profile has it."""
    admin.goto("/admin/workflows/new")
    name_field(admin).fill("two pairs of eyes")
    choose(admin, "Approvers", "admin")
    admin.get_by_role("button", name="Add a tier").click()
    second = admin.get_by_role("group", name="Tier 2")
    choose(second, "Approvers", "alice")
    second.get_by_label("When it is asked").select_option("Together with the tier before it")
    choose(second, "Who joins when nobody answers", "admin")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("two pairs of eyes")
    api = installed.admin()
    ids = {row["name"]: row["id"] for row in api.call("GET", "/api/v1/ManagedAccount/Search")["data"]}
    (made,) = [one for one in api.call("GET", "/api/v1/ApprovalWorkflow") if one["name"] == "two pairs of eyes"]
    first, last = made["approvalWorkflowTiers"]
    assert first["approverAccountIds"] == [ids["admin"]]
    assert last["approverAccountIds"] == [ids["alice"]]
    assert (last["progressionType"], last["escalationApproverAccountId"]) == (1, ids["admin"])

    admin.goto("/admin/profiles/new")
    name_field(admin).fill("asked by two")
    admin.get_by_label("Who asks").select_option("Needs approval")
    admin.get_by_label("Approval workflow").select_option("two pairs of eyes")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("asked by two")
    admin.goto(f"/admin/workflows/{made['id']}")
    admin.get_by_role("button", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("dialog").get_by_role("alert")).to_contain_text("asked by two")


def test_what_is_not_saved_is_not_lost(installed: Installation, person: Callable[..., Person]) -> None:
    """Going away asks; and where the sign-in ends meanwhile, one signs in in place and the change is saved."""
    visitor = person(ADMIN, ADMIN_PASSWORD)
    page = visitor.page
    page.goto("/admin/restrictions/new")
    name_field(page).fill("kept words")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("textbox", name="Commands like").fill("^halt")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("dialog").get_by_role("button", name="Stay here").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    visitor.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    again = page.get_by_role("dialog", name="Sign in again")
    again.locator("input[type=password]").fill(visitor.password)
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kept words")
    kept = installed.admin().call("GET", "/api/locum/v1/CommandRestriction")
    assert [one["rules"][0]["pattern"] for one in kept if one["name"] == "kept words"] == ["^halt"]
    name_field(page).fill("other words")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
