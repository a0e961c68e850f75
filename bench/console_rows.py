"""Rows of the console's first paint that one can use, in a browser that has nothing of it yet."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Any

from demo.screenshots import FLAGS
from playwright.sync_api import Browser, Page, sync_playwright

from bench.measure import Goal, Row, interleave
from bench.stage import PASSWORD, USER, Stage

LIMIT_MS = 1_500
USER_NAME = "input[autocomplete=username]"
CARD = ".cards button"
# Says when something first is in view and can be used: its time since the navigation began, once it is painted.
WATCH = """window.usableIn = selector => new Promise(done => {
  const look = () => {
    const found = document.querySelector(selector);
    if (found?.getClientRects().length && !found.disabled)
      requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    else requestAnimationFrame(look);
  };
  look();
})"""


def console(stage: Stage) -> list[Row]:
    """From the address to the first field of the sign-in, and to the first card of who is signed in.

    The peer is the same browser with an answer of one word from the same server: a connection, TLS, a paint.
    """
    stage.hosts  # noqa: B018 - with them comes what the user may ask for
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("the console's rows need Chromium: make setup-test installs it")
    rounds = 3 if stage.short else 15
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        signed_in = _sign_in(browser, stage)
        rows = []
        for name, what, selector, state in (
            ("console-sign-in", "the sign-in's first field", USER_NAME, None),
            ("console-access", "the first card of what one may ask for", CARD, signed_in),
        ):
            samples = interleave(
                rounds,
                partial(_usable_ms, browser, stage, "/", selector, state),
                partial(_usable_ms, browser, stage, "/api/v1/Health", "pre", None),
            )
            rows.append(_row(name, what, *samples))
        browser.close()
    return rows


def _row(name: str, what: str, ours: list[float], theirs: list[float]) -> Row:
    return Row(
        name,
        f"{what}, usable, with an empty cache",
        "one word from the same server",
        "ms",
        ours,
        theirs,
        goal=Goal("ceiling", LIMIT_MS),
        margin=Goal("ceiling", 10 * LIMIT_MS),
        extra={"worst": max(ours)},
    )


def _visitor(browser: Browser, stage: Stage, state: Any) -> Page:
    """Somebody whose browser has the cookies of `state`, and no file."""
    address = f"https://{stage.locum.address}"
    context = browser.new_context(base_url=address, ignore_https_errors=True, storage_state=state)
    context.add_init_script(WATCH)
    return context.new_page()


def _sign_in(browser: Browser, stage: Stage) -> Any:
    page = _visitor(browser, stage, None)
    page.goto("/")
    page.locator(USER_NAME).fill(USER)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(CARD).first.wait_for()
    state = page.context.storage_state()
    page.context.close()
    return state


def _usable_ms(browser: Browser, stage: Stage, path: str, selector: str, state: Any) -> float:
    page = _visitor(browser, stage, state)
    page.goto(path, wait_until="commit")
    spent = float(page.evaluate("selector => usableIn(selector)", selector))
    page.context.close()
    return spent
