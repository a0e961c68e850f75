"""Lists of very many rows: one scrolls through all of them, and the browser has few of them at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from bench.page_row import add_resources
from playwright.sync_api import Locator, Page, expect

from browsing import Person, found_by_axe
from installation import ADMIN, ADMIN_PASSWORD, Installation

MOST_ROWS = 60
COUNTS = [20_000, pytest.param(100_000, marks=pytest.mark.full)]


@pytest.fixture(params=COUNTS)
def count(request: pytest.FixtureRequest, installed: Installation) -> int:
    """So many resources there are."""
    add_resources(installed.data / "locum.db", request.param)
    return int(request.param)


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="Resources")


def at_the_top(page: Page) -> int:
    """The row that the address says is at the top."""
    page.wait_for_url(re.compile(r"[?&]row=\d+"))
    return int(parse_qs(urlsplit(page.url).query)["row"][0])


def shows(page: Page, installed: Installation, row: int) -> None:
    """In view is the row that the API has at this place, and few others are in the page."""
    (there,) = installed.admin().call("GET", f"/api/v1/ManagedResource/Search?skip={row - 1}&take=1")["data"]
    shown = table(page).locator(f"tr[aria-rowindex='{row + 1}']")
    expect(shown).to_contain_text(there["name"])
    expect(shown).to_be_in_viewport()
    assert table(page).locator("tbody tr").count() < MOST_ROWS


@pytest.mark.parametrize("width", [1280, 390])
def test_one_scrolls_through_all_of_a_list_and_comes_back_to_where_one_was(
    installed: Installation, person: Callable[..., Person], axe: str, count: int, width: int
) -> None:
    page = person(ADMIN, ADMIN_PASSWORD, viewport={"width": width, "height": 844}).page
    page.goto("/admin/resources")
    expect(table(page)).to_have_attribute("aria-rowcount", str(count + 1))
    shows(page, installed, 1)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    middle = at_the_top(page)
    assert count * 0.3 < middle < count * 0.6
    shows(page, installed, middle)
    assert found_by_axe(page, axe) == []
    page.reload()
    shows(page, installed, middle)
    assert at_the_top(page) == middle
    page.evaluate("scrollBy(0, 5000)")
    page.wait_for_url(lambda url: f"row={middle}" not in url)
    later = at_the_top(page)
    shows(page, installed, later)
    page.goto("/audit")
    page.go_back()
    shows(page, installed, later)
    # On narrow screens the longest list is in parts, or the page would be higher than browsers have it.
    page.get_by_role("button", name=f"Page {count // 50} of {count // 50}").click()
    shows(page, installed, count - 49)
    assert at_the_top(page) == count - 49


def test_without_a_mouse_and_by_page(installed: Installation, admin: Page, count: int) -> None:
    """The end and the beginning by their keys, a page by its button, and back to what one saw before."""
    admin.goto("/admin/resources")
    shows(admin, installed, 1)
    admin.keyboard.press("End")
    expect(table(admin).locator(f"tr[aria-rowindex='{count + 1}']")).to_be_in_viewport()
    shows(admin, installed, count)
    end = at_the_top(admin)
    admin.get_by_role("button", name=re.compile("^Page 2 of")).or_(
        admin.get_by_role("button", name=re.compile("^Page 1 of"))
    ).first.click()
    expect(table(admin).locator("tr[aria-rowindex='2']")).to_be_in_viewport()
    admin.go_back()
    shows(admin, installed, end)
    admin.get_by_role("searchbox", name="Search").fill("web-000120")
    expect(table(admin)).to_have_attribute("aria-rowcount", "2")
    expect(table(admin)).to_contain_text("web-000120")
    assert "row=" not in admin.url
