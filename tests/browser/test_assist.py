"""An administrator types in a session that they watch: beside its user, and in their place."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from browsing import Person, end_session, found_by_axe
from installation import ADMIN, ADMIN_PASSWORD


def test_beside_the_user_and_in_their_place(person: Callable[..., Person], axe: str) -> None:
    alice, admin = person().page, person(ADMIN, ADMIN_PASSWORD).page
    alice.get_by_role("button", name="Start Linux sudo").click()
    alice.get_by_role("button", name="Start now").click()
    alice.get_by_role("link", name="Open in the browser").click()
    expect(alice.get_by_text("Connected", exact=True)).to_be_visible()
    hers = alice.locator(".xterm-rows")
    expect(hers).to_contain_text("$")
    session = alice.url.removesuffix("/terminal")
    admin.goto(session)
    admin.get_by_role("link", name="Watch live").click()
    admin.get_by_role("button", name="Assist", exact=True).click()
    expect(hers).to_contain_text("locum: admin assists you now")
    admin.get_by_label("Terminal input").focus()
    admin.keyboard.type("echo help-$((20+3))\n")
    expect(hers).to_contain_text("help-23")
    expect(admin.locator(".xterm-rows")).to_contain_text("help-23")
    assert found_by_axe(admin, axe) == []
    admin.get_by_role("button", name="Take over").click()
    expect(hers).to_contain_text("locum: admin has taken over")
    alice.get_by_label("Terminal input").focus()
    alice.keyboard.type("echo unheard-$((20+3))\n")
    admin.get_by_role("button", name="Give back").click()
    expect(hers).to_contain_text("locum: admin has given the terminal back")
    admin.get_by_role("button", name="Stop assisting").click()
    expect(hers).to_contain_text("locum: admin assists you no more")
    alice.keyboard.type("echo heard-$((20+3))\n")
    expect(hers).to_contain_text("heard-23")
    expect(hers).not_to_contain_text("unheard")
    alice.goto(session)
    end_session(alice)
