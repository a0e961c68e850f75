"""Schedules, password rules, what goes by them, and groups of things, made in the console and asked of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import choose, confirm
from installation import Installation


def test_a_schedule_and_a_rule_as_they_were_typed(installed: Installation, admin: Page) -> None:
    admin.goto("/admin/schedules/new")
    admin.get_by_role("textbox", name="Name", exact=True).fill("weekends")
    admin.get_by_label("How often").select_option("On days of the week")
    admin.get_by_label("Saturday").check()
    admin.locator("input[type=time]").fill("03:30")
    admin.get_by_role("textbox", name="Time zone").fill("Europe/Berlin")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("weekends")
    admin.get_by_role("link", name="All schedules").click()
    row = admin.get_by_role("table").get_by_role("row").filter(has_text="weekends")
    expect(row).to_contain_text("Saturday at 03:30")
    api = installed.admin()
    (made,) = [one for one in api.call("GET", "/api/v1/ScheduledChangePolicy") if one["name"] == "weekends"]
    zone = api.call("GET", f"/api/locum/v1/ScheduledChangePolicy/{made['id']}/TimeZone")
    assert (made["daysOfWeek"], made["localTime"][11:16], zone) == (
        "Saturday", "03:30", {"timeZone": "Europe/Berlin"},
    )  # fmt: skip

    admin.goto("/admin/complexities/new")
    admin.get_by_role("textbox", name="Name", exact=True).fill("short")
    admin.get_by_role("textbox", name="Length").fill("4")
    admin.get_by_label("Symbols", exact=True).uncheck()
    admin.get_by_role("group", name="Begins with").get_by_label("Digit").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("short")
    (rule,) = [one for one in api.call("GET", "/api/v1/PasswordComplexity") if one["name"] == "short"]
    assert (rule["length"], rule["specialCharacter"], rule["mustStartWith"]) == (4, False, 7)


@pytest.fixture(scope="module")
def told(installed: Installation) -> Callable[[], str]:
    """How often a login on web01 is compared with its target, as its job says."""
    api = installed.admin()
    for hours in (5, 7):
        body = {"name": f"{hours} hours", "frequency": 0, "periodValue": hours}
        api.call("POST", "/api/v1/ScheduledChangePolicy", body)
    login = api.call("POST", "/api/v1/Credential", {"username": "late", "password": "a Passw0rd of it"})["id"]
    host = api.call("GET", "/api/v1/ManagedResource/Search?filterText=web01")["data"][0]["id"]
    where = {"managedResourceId": host, "managedType": 1}
    api.call("PUT", f"/api/locum/v1/Credential/{login}/ManagedUser", where)

    def ask() -> str:
        return str(api.call("GET", "/api/v1/ActionJob?jobType=3&filterText=late")[0]["recurrence"])

    return ask


def linux(api: Any) -> Any:
    (found,) = [one for one in api.call("GET", "/api/v1/Platform") if one["name"] == "Linux"]
    return found


def test_a_platform_is_changed_and_copied(installed: Installation, admin: Page, told: Callable[[], str]) -> None:
    """What is then due for a login on it; and that one which came with Locum stays, with its name."""
    api = installed.admin()
    admin.goto("/admin/resources")
    admin.get_by_role("link", name="Platforms").click()
    admin.get_by_role("link", name="Linux", exact=True).click()
    expect(admin.get_by_role("textbox", name="Name", exact=True)).to_be_disabled()
    expect(admin.get_by_role("button", name="Delete")).to_have_count(0)
    admin.get_by_label("Secrets are compared").select_option("5 hours")
    admin.get_by_label("Change a secret again").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Saved", exact=True)).to_be_visible()
    assert told() == "every 5 hours"
    assert linux(api)["resetOnMismatch"] is True
    admin.get_by_role("button", name="Copy").click()
    admin.get_by_role("dialog").get_by_role("textbox", name="Name").fill("Linux at the edge")
    admin.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Linux at the edge")
    expect(admin.get_by_label("Secrets are compared")).to_have_value(linux(api)["verificationScheduleId"])
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    expect(admin.get_by_role("link", name="Linux", exact=True)).to_be_visible()
    expect(admin.get_by_role("link", name="Linux at the edge")).to_have_count(0)


def test_an_override_policy_says_otherwise_than_its_platform(
    installed: Installation, admin: Page, told: Callable[[], str]
) -> None:
    """What is due for a login that is put under it, until it is deleted."""
    api = installed.admin()
    (five,) = [one for one in api.call("GET", "/api/v1/ScheduledChangePolicy") if one["name"] == "5 hours"]
    api.call("PUT", f"/api/v1/Platform/{linux(api)['id']}", {"verificationScheduleId": five["id"]})
    admin.goto("/admin/credentials")
    admin.get_by_role("link", name="Override policies").click()
    expect(admin.get_by_text("There is no override policy yet")).to_be_visible()
    admin.get_by_role("link", name="Add an override policy").click()
    admin.get_by_role("textbox", name="Name", exact=True).fill("now and then")
    admin.get_by_label("Platform").select_option("Linux")
    admin.get_by_label("Secrets are compared").select_option("7 hours")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("now and then")
    admin.get_by_role("button", name="Add to: Credentials under it").click()
    choose(admin.get_by_role("dialog"), "Credentials under it", "late")
    admin.get_by_role("heading", name="Add to: Credentials under it").click()
    confirm(admin, "Add")
    expect(admin.get_by_role("list", name="Credentials under it")).to_contain_text("late")
    assert told() == "every 7 hours"
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    expect(admin.get_by_text("There is no override policy yet")).to_be_visible()
    assert told() == "every 5 hours"


def test_each_kind_of_group_is_made_and_filled(installed: Installation, admin: Page) -> None:
    kinds = {
        "collections": ("collection", "UserAndGroupCollection", "Member", "alice"),
        "resources": ("resource group", "ManagedResourceGroup", "ManagedResource", "web01"),
        "credentials": ("credential group", "CredentialGroup", "Credential", "locum"),
        "activities": ("activity group", "ActivityGroup", "Activity", "Linux shell"),
    }
    api = installed.admin()
    for kind, (words, controller, members, inside) in kinds.items():
        admin.goto(f"/admin/groups/{kind}")
        admin.get_by_role("button", name=words).click()
        dialog = admin.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Name").fill(f"some {kind}")
        dialog.get_by_role("button", name=words).click()
        expect(admin.get_by_role("heading", level=1)).to_have_text(f"some {kind}")
        admin.get_by_role("button", name="Add to: What is in it").click()
        choose(dialog, "What is in it", inside)
        admin.get_by_role("heading", name="Add to: What is in it").click()
        confirm(admin, "Add")
        group = admin.url.rsplit("/", 1)[1]
        found = api.call("GET", f"/api/v1/{controller}/{group}/{members}")
        assert [row["name"] for row in found["data"]] == [inside], kind
        admin.get_by_role("button", name="Delete").click()
        confirm(admin, "Delete")
        expect(admin.get_by_role("link", name=f"some {kind}")).to_have_count(0)
