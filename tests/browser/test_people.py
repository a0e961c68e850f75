"""People, their roles and groups in the console; each change is tried by the person, or asked of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from demo.client import Refused
from playwright.sync_api import Page, expect

from browsing import Person, choose, confirm
from installation import Installation

FIRST, OWN = "a first horse battery", "an own horse battery"


def test_a_local_user_is_made_locked_and_given_a_password(
    installed: Installation, admin: Page, person: Callable[..., Person]
) -> None:
    admin.get_by_role("link", name="People").click()
    admin.get_by_role("link", name="Add a local user").click()
    admin.get_by_role("textbox", name="User name").fill("erin")
    admin.get_by_role("textbox", name="Shown name").fill("<i>Erin</i>")
    admin.locator("input[type=password]").fill(FIRST)
    admin.get_by_label("A password of their own must be chosen").uncheck()
    admin.get_by_role("button", name="Add a local user").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("<i>Erin</i>")
    erin = person("erin", FIRST)
    expect(erin.page.get_by_role("heading", level=1)).to_have_text("My access")

    admin.get_by_role("button", name="Lock", exact=True).click()
    confirm(admin, "Lock")
    expect(admin.get_by_text("Locked", exact=True)).to_be_visible()
    with pytest.raises(Refused):
        installed.client().sign_in("erin", FIRST, "0")
    admin.get_by_role("button", name="Unlock").click()
    expect(admin.get_by_text("May sign in")).to_be_visible()
    admin.get_by_role("button", name="Reset the password").click()
    admin.get_by_role("dialog").locator("input[type=password]").fill(OWN)
    confirm(admin, "Reset the password")
    with pytest.raises(Refused):
        installed.client().sign_in("erin", FIRST, "0")
    again = person("erin", OWN, signed_in=False)
    again.page.goto("/")
    again.give_password()
    expect(again.page.get_by_text("Choose a password of your own")).to_be_visible()


def test_a_role_of_one_s_own_counts_with_the_next_request(installed: Installation, admin: Page) -> None:
    """Frank may rename one policy, and no other, once he holds it."""
    api = installed.admin()
    local_user(api, "frank")
    frank = installed.client()
    frank.sign_in("frank", FIRST, "0")
    (policy, *_) = api.call("GET", "/api/v1/AccessControlPolicy")
    with pytest.raises(Refused):
        frank.call("GET", "/api/v1/AccessControlPolicy/Names")
    admin.goto("/admin/roles/new")
    admin.get_by_role("textbox", name="Name", exact=True).fill("Renamers")
    admin.get_by_label("Rename policies").check()
    choose(admin, "Policies", policy["name"])
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Renamers")
    admin.get_by_role("button", name="Add to: Who holds it").click()
    choose(admin.get_by_role("dialog"), "Who holds it", "frank")
    admin.get_by_role("heading", name="Add to: Who holds it").click()
    confirm(admin, "Add")
    expect(admin.get_by_role("list", name="Who holds it")).to_contain_text("frank")
    assert [one["id"] for one in frank.call("GET", "/api/v1/AccessControlPolicy/Names")] == [policy["id"]]

    admin.goto("/admin/people?q=frank")
    admin.get_by_role("table").get_by_role("link", name="frank").click()
    expect(admin.get_by_role("list", name="Roles")).to_contain_text("Renamers")
    admin.get_by_role("button", name="Remove Renamers").click()
    expect(admin.get_by_role("list", name="Roles")).not_to_contain_text("Renamers")
    with pytest.raises(Refused):
        frank.call("GET", "/api/v1/AccessControlPolicy/Names")


def test_a_group_gives_what_its_policy_gives(installed: Installation, admin: Page) -> None:
    """Made, filled, put into a policy; while the policy holds it, it can't be deleted."""
    api = installed.admin()
    local_user(api, "gina")
    gina = installed.client()
    gina.sign_in("gina", FIRST, "0")
    admin.goto("/admin/groups/people")
    admin.get_by_role("button", name="Add a group").click()
    admin.get_by_role("dialog").get_by_role("textbox", name="Name").fill("night shift")
    admin.get_by_role("dialog").get_by_role("button", name="Add a group").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("night shift")
    group = admin.url.rsplit("/", 1)[1]
    admin.get_by_role("button", name="Add to: What is in it").click()
    choose(admin.get_by_role("dialog"), "What is in it", "gina")
    admin.get_by_role("heading", name="Add to: What is in it").click()
    confirm(admin, "Add")
    assert cards(gina) == []
    (policy, *_) = api.call("GET", "/api/v1/AccessControlPolicy")
    admin.goto(f"/admin/policies/{policy['id']}")
    admin.get_by_role("button", name="Add to: People and groups").click()
    choose(admin.get_by_role("dialog"), "People and groups", "night shift")
    admin.get_by_role("heading", name="Add to: People and groups").click()
    confirm(admin, "Add")
    expect(admin.get_by_role("list", name="People and groups")).to_contain_text("night shift")
    assert "Linux sudo" in cards(gina)
    admin.goto(f"/admin/groups/people/{group}")
    admin.get_by_role("button", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    admin.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    admin.get_by_role("button", name="Remove gina").click()
    expect(admin.get_by_text("It is empty")).to_be_visible()
    assert cards(gina) == []
    admin.goto(f"/admin/policies/{policy['id']}")
    admin.get_by_role("button", name="Remove night shift").click()
    expect(admin.get_by_role("list", name="People and groups")).not_to_contain_text("night shift")


def local_user(api: Any, name: str) -> str:
    return str(api.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": name},
        "localUserPasswordChangeRequest": {"passwordNew": FIRST},
    })["id"])  # fmt: skip


def cards(caller: Any) -> list[str]:
    found = caller.call("GET", "/api/v1/AccessControlPolicy/ActivityCardWithPolicies")
    return [card["name"] for card in found["data"] or []]
