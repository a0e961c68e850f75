"""A real server with a real host, and people with headless Chromium in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demo.hosts import Host
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browsing import FLAGS, Person
from installation import ADMIN, ADMIN_PASSWORD, USER, USER_PASSWORD, Installation


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]
) -> Iterator[Installation]:
    """A server with an administrator, Alice, and `web01`, on which she may use `Linux sudo`; on either database."""
    url = request.getfixturevalue("postgres").create() if request.param == "postgresql" else None
    made = Installation(tmp_path_factory.mktemp("console") / "data", url)
    made.prepare()
    made.start()
    made.seed(linux_hosts[0])
    yield made
    made.stop()


# A test fails by its own words long before; a machine with much else to do gets the time it needs.
expect.set_options(timeout=30_000)


# Not for the session: Playwright has a loop running in this thread until it ends, and no other test has one then.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium: the one that Playwright would fetch is not needed."""
    program = shutil.which("chromium")
    assert program, "these tests need Chromium: `make setup-test` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def person(installed: Installation, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Makes people, each with a browser of their own. What a page complains about fails the test at its end."""
    people: list[Person] = []

    def come(
        login: str = USER, password: str = USER_PASSWORD, *, signed_in: bool = True, **more: object
    ) -> Person:
        usual = {"base_url": f"https://{installed.https}", "locale": "en-GB", "reduced_motion": "reduce"}
        context = chromium.new_context(ignore_https_errors=True, **{**usual, **more})
        one = Person(context, login, password)
        people.append(one)
        if signed_in:
            one.sign_in()
        return one

    yield come
    for one in people:
        complaints = one.complaints
        one.context.close()
        assert not complaints, complaints


@pytest.fixture
def alice(person: Callable[..., Person]) -> Page:
    return person().page


@pytest.fixture
def admin(person: Callable[..., Person]) -> Page:
    return person(ADMIN, ADMIN_PASSWORD).page


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which comes with the console's packages."""
    file = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
    assert file.is_file(), (
        "these tests need the console's packages: `make setup` fetches them where node and npm are"
    )
    return file.read_text()
