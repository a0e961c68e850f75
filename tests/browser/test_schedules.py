"""Schedules, password rules and groups of things, made in the console and asked of the API."""

from __future__ import annotations

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
