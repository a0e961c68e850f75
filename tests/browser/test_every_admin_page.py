"""Every page of administration can be used with other senses, fits its width, and says what is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from browsing import Person, found_by_axe
from installation import ADMIN, ADMIN_PASSWORD, ENDED, Installation

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

HOSTILE = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>"


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


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.full)])
def test_sec_21_foreign_names_are_text_wherever_they_stand(
    installed: Installation, person: Callable[..., Person], everywhere: bool
) -> None:
    """One of each kind with such a name, and a session of somebody's with all of them; nothing of it is an element.

    And where somebody does get an element onto the page, no script stands in it: the policy lets files alone run.
    """
    session, pages = foreign(installed.admin(), installed.user(), f"{HOSTILE} {everywhere}")
    admin, alice = person(ADMIN, ADMIN_PASSWORD), person()
    for path in ("/", "/sessions", f"/sessions/{session}"):
        is_text(alice.page, path)
    page = admin.page
    for path in (
        f"/sessions/{session}",
        f"/admin/jobs/{session}",
        "/audit",
        "/admin",
        *(pages if everywhere else pages[:6]),
    ):
        is_text(page, path)
    installed.user().call("DELETE", f"/api/v1/ActivitySession/{session}")
    installed.user().wait_for_session(session, ENDED)
    is_text(page, "/history")

    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", HOSTILE)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'document.title=1'}))"
    )
    expect(page.locator("img[src=x]")).to_have_count(1)
    assert page.title() not in ("taken over", "1")
    assert all("policy: " in one or "Content Security Policy" in one for one in admin.complaints)
    assert admin.complaints
    admin.complaints.clear()


def is_text(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_text("<img src=x onerror").first).to_be_visible()
    expect(page.get_by_role("status", name="Loading …")).to_have_count(0)
    assert page.locator("img[src=x], script:not([src])").count() == 0, path
    assert page.title() != "taken over", path


def foreign(api: Any, alice: Any, name: str) -> tuple[str, list[str]]:
    """A session that waits for a host that is down, and the pages of what it is about and of all else."""
    (user,) = api.call("GET", "/api/v1/ManagedAccount/Search?filterText=alice")["data"]
    pages = []

    def make(path: str, at: str, own: bool = False, **more: Any) -> str:
        made = api.call("POST", f"/api/{'locum/' if own else ''}v1/{path}", {"name": f"{name}{at}", **more})["id"]
        pages.extend((at, f"{at}/{made}"))
        return str(made)

    credential = api.call("POST", "/api/v1/Credential", {"username": name, "password": "x", "description": name})
    pages.append(f"/admin/credentials/{credential['id']}")
    linux = next(one["id"] for one in api.call("GET", "/api/v1/Platform") if one["name"] == "Linux")
    activity = make("Activity", "/admin/activities", platformId=linux)
    profile = make("ConnectionProfile", "/admin/profiles", ticketRequired=True)
    resource = api.call("POST", "/api/v1/ManagedResource", {
        "name": name, "ipAddress": "127.0.0.1", "portSsh": 1, "serviceAccountId": credential["id"],
    })["id"]  # fmt: skip
    pages.insert(0, f"/admin/resources/{resource}")
    make(
        "AccessControlPolicy", "/admin/policies", managedAccountIds=[user["id"]], managedResourceIds=[resource],
        activityIds=[activity], activityConfigurationId=profile,
    )  # fmt: skip
    for path, at, own, more in (
        ("CommandRestriction", "/admin/restrictions", True, {"rules": [{"pattern": "^rm ", "action": "block"}]}),
        ("Role", "/admin/roles", True, {"target": "policies", "permissions": ["policies:name:modify"]}),
        ("ScheduledChangePolicy", "/admin/schedules", False, {"frequency": 4}),
        ("PasswordComplexity", "/admin/complexities", False, {"lowerCase": True, "length": 12}),
        ("ManagedAccountGroup", "/admin/groups/people", False, {}),
        ("ManagedAccount/CreateApplicationUser", "/admin/applications", False, {}),
    ):
        make(path, at, own, **more)
    return alice.call("POST", "/api/v1/ActivitySession", {
        "activityId": activity, "managedResourceId": resource, "note": name, "ticket": name,
    })["id"], pages  # fmt: skip
