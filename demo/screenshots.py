"""`python -m demo.screenshots`: a picture of every page of the console, in both themes and two widths.

They show the demo's hosts and people, from a demo of its own that is stopped afterwards, and lie in `.screenshots`.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.client import Client, Codes
from demo.installation import ACTIVE, ADMIN, USER, Demo, free_port, stop, up
from demo.story import Story

FOLDER = Path(".screenshots")
NET = 101
# By name: width and height of a desk's and of a telephone's screen.
SCREENS = {"1280": (1280, 800), "390": (390, 844)}
THEMES: tuple[str, ...] = ("light", "dark")
LONGEST = 6_000
# Lists of administration whose things have pages of their own.
THINGS = (
    "policies", "people", "roles", "credentials", "activities", "profiles", "workflows", "restrictions", "schedules",
    "complexities", "applications", "jobs", "resources",
)  # fmt: skip
# Those with a page for a new one.
NEW = (
    "/admin/policies", "/admin/people", "/admin/roles", "/admin/credentials", "/admin/activities", "/admin/profiles",
    "/admin/workflows", "/admin/restrictions", "/admin/schedules", "/admin/complexities", "/admin/resources",
    "/certifications",
)  # fmt: skip
# As root there is no sandbox; the rest keeps the browser from looking for its maker's hosts.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> int:
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("screenshots need Chromium: make setup-test installs it\n")
        return 2
    place = FOLDER / "demo"
    if place.exists():
        # From a run that did not come to its end: its hosts are gone, and its sessions wait for them.
        stop(place)
        shutil.rmtree(place)
    demo = up(place, https=f"127.0.0.1:{free_port()}", ssh=f"127.0.0.1:{free_port()}", net=NET)
    try:
        story = Story(demo, lambda line: None)
        story.run()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            for name, page in _pages(browser, demo):
                _take(page, name)
            browser.close()
    finally:
        stop(place)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures lie in {FOLDER}")
    return 0


def _take(page: Page, name: str) -> None:
    # Not until nothing is asked for any more: a page that is watched live never stops asking.
    expect(page.get_by_role("status", name="Loading …")).to_have_count(0, timeout=30_000)
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            # Of a long list only what is in view is there.
            whole = page.evaluate("document.documentElement.scrollHeight") < LONGEST
            page.screenshot(path=FOLDER / f"{name}-{screen}-{theme}.png", full_page=whole)


def _pages(browser: Browser, demo: Demo) -> Iterator[tuple[str, Page]]:
    alice = _visitor(browser, demo)
    alice.goto("/")
    alice.get_by_label("User name").wait_for()
    yield "sign-in", alice
    codes = Codes(demo.user_totp, demo.user_last_step)
    user, admin = demo.client(), demo.client()
    user.sign_in(USER, demo.user_password, codes.next())
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    _sign_in(alice, USER, demo.user_password, codes.next())
    demo.user_last_step = codes.last_step
    demo.save()
    session = _session(user)
    _ask_for_approval(admin, user)
    yield from _own(alice, session)
    reviewer = _visitor(browser, demo)
    reviewer.goto("/approvals")
    _sign_in(reviewer, ADMIN, demo.admin_password)
    yield from _reviewed(reviewer, session)
    yield from _administered(reviewer)


def _own(page: Page, session: str) -> Iterator[tuple[str, Page]]:
    """What everybody has."""
    start = page.get_by_role("button", name="Start Linux sudo")
    start.wait_for()
    yield "access", page
    start.click()
    page.get_by_label("Reason").fill("the web server hangs")
    yield "ask", page
    for name, address in (
        ("sessions", "/sessions"),
        ("requests", "/sessions?tab=requests"),
        ("past-sessions", "/sessions?tab=past"),
    ):
        page.goto(address)
        page.get_by_role("table").wait_for()
        yield name, page
    page.goto("/me")
    page.get_by_role("heading", name="Sign-ins").wait_for()
    yield "security", page
    page.goto(f"/sessions/{session}")
    page.get_by_role("textbox", name="Command to connect").wait_for()
    yield "session", page
    # The last one, which stays open: an administrator watches it.
    page.get_by_role("link", name="Open in the browser").click()
    page.get_by_text("Connected", exact=True).wait_for()
    page.get_by_label("Terminal input").focus()
    page.keyboard.type("sudo id\n")
    page.locator(".xterm-rows").filter(has_text="uid=0").wait_for()
    yield "terminal", page


def _session(user: Client) -> str:
    body = {"activityName": "Linux sudo", "managedResourceName": "web01", "note": "the web server hangs"}
    session = str(user.call("POST", "/api/v1/ActivitySession", body)["id"])
    user.wait_for_session(session, {ACTIVE})
    return session


def _ask_for_approval(admin: Client, user: Client) -> None:
    """A policy that asks an administrator, and a request that waits for their word."""
    (approver,) = admin.call("GET", f"/api/v1/ManagedAccount/Search?filterText={ADMIN}")["data"]
    workflow = admin.call("POST", "/api/v1/ApprovalWorkflow", {
        "name": "four eyes",
        "approvalWorkflowTiers": [
            {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": approver["id"]}]}
        ],
    })["id"]  # fmt: skip
    profile = admin.call("POST", "/api/v1/ConnectionProfile", {
        "name": "asked first", "approvalTypeRequired": 2, "approvalWorkflowId": workflow,
    })["id"]  # fmt: skip
    first = admin.call("GET", "/api/v1/AccessControlPolicy")[0]
    policy = admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "asked first", "activityConfigurationId": profile,
        **{ids: first[ids] for ids in ("managedAccountIds", "managedResourceIds", "activityIds")},
    })["id"]  # fmt: skip
    admin.call("POST", "/api/locum/v1/CommandRestriction", {
        "name": "nothing is shredded", "rules": [{"pattern": "^shred ", "action": "block"}],
    })  # fmt: skip
    user.call("POST", "/api/v1/ActivitySession", {
        "activityName": "Linux sudo", "managedResourceName": "db01", "accessPolicyId": policy,
        "note": "look why the backup is late",
    })  # fmt: skip


def _reviewed(page: Page, session: str) -> Iterator[tuple[str, Page]]:
    """What others did, or want to do."""
    page.get_by_role("article").first.wait_for()
    yield "approvals", page
    for name, address in (("history", "/history"), ("live-sessions", "/history?tab=live"), ("audit", "/audit")):
        page.goto(address)
        page.get_by_role("table").wait_for()
        yield name, page
    page.goto(f"/sessions/{session}")
    page.get_by_role("link", name="Watch live").first.click()
    page.get_by_role("region", name="What is shown now").wait_for()
    yield "live", page
    page.goto("/recordings")
    page.get_by_role("table").get_by_role("link").first.wait_for()
    yield "recordings", page
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("region", name="Player").get_by_role("button").first.wait_for()
    yield "recording", page


def _administered(page: Page) -> Iterator[tuple[str, Page]]:
    """The pages of administration: lists, the first thing in each, and a new one."""
    for name, address in (("overview", "/admin"), ("first-steps", "/admin/start")):
        page.goto(address)
        page.get_by_role("heading", level=2).first.wait_for()
        yield name, page
    page.goto("/admin/policies")
    page.get_by_label("User").fill(USER)
    page.get_by_label("Activity").fill("Linux sudo")
    page.get_by_label("Resource").fill("web01")
    page.get_by_role("button", name="Explain").click()
    page.get_by_role("alert").wait_for()
    yield "policies", page
    for kind in ("people", "collections", "resources", "activities"):
        page.goto(f"/admin/groups/{kind}")
        page.get_by_role("heading", level=1).wait_for()
        yield f"groups-{kind}", page
    for name in THINGS:
        page.goto(f"/admin/{name}")
        first = page.get_by_role("table").first.get_by_role("link").first
        first.wait_for()
        if name != "policies":
            yield name, page
        first.click()
        page.wait_for_url(re.compile(r"/admin/\w+/[^/]+$"))
        page.get_by_role("heading", level=1).wait_for()
        yield f"{name}-one", page
    page.goto("/admin/jobs?tab=steps")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("heading", level=2).first.wait_for()
    yield "steps", page
    for name in NEW:
        page.goto(f"{name}/new")
        page.get_by_role("main").get_by_role("button").first.wait_for()
        yield f"{name.rpartition('/')[2]}-new", page
    page.goto("/certifications")
    page.get_by_role("heading", level=1).wait_for()
    yield "certifications", page


def _visitor(browser: Browser, demo: Demo) -> Page:
    context = browser.new_context(base_url=f"https://{demo.https}", ignore_https_errors=True, locale="en-GB")
    return context.new_page()


def _sign_in(page: Page, name: str, password: str, code: str | None = None) -> None:
    page.get_by_label("User name").fill(name)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    if code is not None:
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in").click()


if __name__ == "__main__":
    sys.exit(main())
