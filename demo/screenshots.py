"""`python -m demo.screenshots`: a picture of every page of the console, in both themes and two widths.

They show the demo's hosts and people, from a demo of its own that is stopped afterwards, and lie in `.screenshots`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from demo.client import Client, Codes
from demo.installation import ACTIVE, ADMIN, USER, Demo, free_port, stop, up
from demo.story import Story

FOLDER = Path(".screenshots")
NET = 101
# By name: width and height of a desk's and of a telephone's screen.
SCREENS = {"1280": (1280, 800), "390": (390, 844)}
THEMES: tuple[str, ...] = ("light", "dark")
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
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}-{screen}-{theme}.png", full_page=True)


def _pages(browser: Browser, demo: Demo) -> Iterator[tuple[str, Page]]:
    alice = _visitor(browser, demo)
    alice.goto("/")
    alice.get_by_label("User name").wait_for()
    yield "sign-in", alice
    codes = Codes(demo.user_totp, demo.user_last_step)
    user = demo.client()
    user.sign_in(USER, demo.user_password, codes.next())
    _sign_in(alice, USER, demo.user_password, codes.next())
    demo.user_last_step = codes.last_step
    demo.save()
    start = alice.get_by_role("button", name="Start Linux sudo")
    start.wait_for()
    yield "access", alice
    start.click()
    alice.get_by_label("Reason").fill("the web server hangs")
    yield "ask", alice
    alice.goto(f"/sessions/{_session(user)}")
    alice.get_by_role("textbox", name="Command to connect").wait_for()
    yield "session", alice
    alice.goto("/sessions")
    alice.get_by_role("table").wait_for()
    yield "sessions", alice
    alice.goto("/me")
    alice.get_by_role("heading", name="Sign-ins").wait_for()
    yield "security", alice
    yield from _administration(browser, demo)


def _session(user: Client) -> str:
    body = {"activityName": "Linux sudo", "managedResourceName": "web01", "note": "the web server hangs"}
    session = str(user.call("POST", "/api/v1/ActivitySession", body)["id"])
    user.wait_for_session(session, {ACTIVE})
    return session


def _administration(browser: Browser, demo: Demo) -> Iterator[tuple[str, Page]]:
    admin = _visitor(browser, demo)
    admin.goto("/approvals")
    _sign_in(admin, ADMIN, demo.admin_password)
    admin.get_by_text("Nothing waits for you").wait_for()
    yield "approvals", admin
    admin.goto("/admin")
    admin.get_by_role("heading", level=2).first.wait_for()
    yield "overview", admin
    for name, address in (("history", "/history"), ("audit", "/audit"), ("resources", "/admin/resources")):
        admin.goto(address)
        admin.get_by_role("table").wait_for()
        yield name, admin
    yield from _things(admin)
    admin.goto("/admin/policies")
    admin.get_by_label("User").fill(USER)
    admin.get_by_label("Activity").fill("Linux sudo")
    admin.get_by_label("Resource").fill("web01")
    admin.get_by_role("button", name="Explain").click()
    admin.get_by_role("alert").wait_for()
    yield "policies", admin
    admin.goto("/admin/applications")
    admin.get_by_role("link", name="inventory").wait_for()
    yield "applications", admin
    admin.get_by_role("link", name="inventory").click()
    admin.get_by_role("table", name="API keys").wait_for()
    yield "application", admin
    admin.goto("/recordings")
    admin.get_by_role("table").wait_for()
    yield "recordings", admin
    admin.get_by_role("table").get_by_role("link").first.click()
    admin.get_by_role("region", name="Player").wait_for()
    yield "recording", admin


def _things(admin: Page) -> Iterator[tuple[str, Page]]:
    """The lists of administration, and the page of the first thing in each."""
    lists = ("credentials", "people", "roles", "activities", "profiles", "schedules", "complexities")
    for name in lists:
        admin.goto(f"/admin/{name}")
        first = admin.get_by_role("table").get_by_role("link").first
        first.wait_for()
        yield name, admin
        first.click()
        admin.get_by_role("heading", level=2).or_(admin.get_by_role("button", name="Save")).first.wait_for()
        yield f"{name}-one", admin
    for name, address in (("jobs", "/admin/jobs?tab=steps"), ("policy", "/admin/policies")):
        admin.goto(address)
        admin.get_by_role("table").get_by_role("link").first.click()
        admin.get_by_role("heading", level=2).first.wait_for()
        yield name, admin
    for name in ("workflows", "restrictions"):
        admin.goto(f"/admin/{name}/new")
        admin.get_by_role("button", name="Save").wait_for()
        yield name, admin
    admin.goto("/certifications/new")
    admin.get_by_role("button", name="Save").wait_for()
    yield "certification", admin


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
