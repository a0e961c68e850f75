"""Every page of administration can be used with other senses, fits its width, and says what is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from browsing import Person, found_by_axe
from installation import ADMIN, ADMIN_PASSWORD, Installation

LISTS = (
    "/certifications",
    "/admin/activities",
    "/admin/complexities",
    "/admin/credentials",
    "/admin/groups/people",
    "/admin/jobs",
    "/admin/jobs?tab=steps",
    "/admin/overrides",
    "/admin/people",
    "/admin/platforms",
    "/admin/profiles",
    "/admin/resources",
    "/admin/restrictions",
    "/admin/roles",
    "/admin/schedules",
    "/admin/workflows",
)
# Those with a page for a new thing at their end.
MADE = (
    "/certifications",
    "/admin/activities",
    "/admin/complexities",
    "/admin/credentials",
    "/admin/overrides",
    "/admin/people",
    "/admin/policies",
    "/admin/profiles",
    "/admin/resources",
    "/admin/restrictions",
    "/admin/roles",
    "/admin/schedules",
    "/admin/workflows",
)


def test_axe_finds_nothing_on_the_longest_pages(
    installed: Installation, person: Callable[..., Person], axe: str
) -> None:
    """One of each kind of part: facts, forms, rows, members, lists; narrow and dark, wide and light."""
    page = person(ADMIN, ADMIN_PASSWORD).page
    looked_at(page, axe, [path for path in things(installed.admin()) if "schedules" not in path])


@pytest.mark.full
@pytest.mark.timeout(600)
def test_axe_finds_nothing_on_any_page(installed: Installation, person: Callable[..., Person], axe: str) -> None:
    page = person(ADMIN, ADMIN_PASSWORD).page
    looked_at(page, axe, [*LISTS, *(f"{path}/new" for path in MADE), *things(installed.admin())])


def things(api: Any) -> list[str]:
    """The page of one thing of each kind that comes with Locum or with this installation."""

    def first(path: str) -> str:
        found = api.call("GET", path)
        return str((found["data"] if isinstance(found, dict) else found)[0]["id"])

    return [
        f"/admin/credentials/{first('/api/v1/Credential/Search')}",
        f"/admin/people/{first('/api/v1/ManagedAccount/Search?filterText=alice')}",
        f"/admin/activities/{first('/api/v1/Activity')}",
        f"/admin/profiles/{first('/api/v1/ConnectionProfile')}",
        f"/admin/policies/{first('/api/v1/AccessControlPolicy')}",
        f"/admin/roles/{first('/api/locum/v1/Role')}",
        f"/admin/schedules/{first('/api/v1/ScheduledChangePolicy')}",
        f"/admin/platforms/{first('/api/v1/Platform')}",
        f"/admin/resources/{first('/api/v1/ManagedResource/Search')}",
    ]


def looked_at(page: Page, axe: str, paths: list[str]) -> None:
    found = {}
    for width, theme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for path in paths:
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.get_by_role("status", name="Loading …")).to_have_count(0)
            found[f"{path} {theme}"] = found_by_axe(page, axe)
            assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert {where: what for where, what in found.items() if what} == {}


def test_what_is_not_there_is_said_in_words(admin: Page) -> None:
    """A link to something that was deleted, or to a kind that there is not."""
    kinds = ("credentials", "people", "activities", "profiles", "workflows", "policies", "roles", "jobs")
    for path in (*kinds, "platforms", "overrides", "resources"):
        admin.goto(f"/admin/{path}/{uuid4()}")
        expect(admin.get_by_role("main").get_by_role("alert")).to_be_visible()
        expect(admin.get_by_role("heading", level=1)).to_be_visible()
    admin.goto("/admin/groups/nothing")
    expect(admin.get_by_role("heading", level=1)).to_have_text("There is no such page")
