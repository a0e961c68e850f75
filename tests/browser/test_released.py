"""A secret that is lent: seen for a while by who asked for it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browsing import Person
from installation import USER, Installation

SECRET = "Ab9-canary-released"


def test_a_secret_is_seen_for_a_while_and_given_back(
    installed: Installation, person: Callable[..., Person]
) -> None:
    admin = installed.admin()
    credential = admin.call("POST", "/api/v1/Credential", {"username": "deploy", "password": SECRET})["id"]
    (alice_id,) = [
        row["id"] for row in admin.call("GET", f"/api/v1/ManagedAccount/Search?filterText={USER}")["data"]
    ]
    admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "secrets", "policyType": 1, "managedAccountIds": [alice_id], "credentialIds": [credential],
    })  # fmt: skip
    page = person(permissions=["clipboard-read", "clipboard-write"]).page
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Start Credential Release").click()
    expect(page.get_by_role("dialog").get_by_role("combobox", name="Credential")).to_have_value("deploy")
    page.get_by_role("button", name="Start now").click()
    show = page.get_by_role("button", name="Show the secret")
    expect(show).to_be_visible()
    assert not knows(page)

    show.click()
    expect(page.get_by_role("status", name="The secret")).to_have_text(SECRET)
    expect(page.get_by_role("timer")).to_have_text("30")
    page.clock.fast_forward(20_000)
    expect(page.get_by_role("timer")).to_have_text("10")
    page.clock.fast_forward(11_000)
    expect(show).to_be_visible()
    assert not knows(page)

    show.click()
    expect(page.get_by_role("status", name="The secret")).to_have_text(SECRET)
    page.get_by_role("link", name="My sessions").click()
    expect(page.get_by_role("heading", name="My sessions")).to_be_visible()
    expect(page.get_by_role("status", name="The secret")).to_have_count(0)
    assert not knows(page)
    page.go_back()
    expect(show).to_be_visible()
    assert not knows(page)

    page.get_by_role("button", name="Copy it unseen").click()
    expect(page.get_by_text("It is in the clipboard")).to_be_visible()
    assert not knows(page)
    assert page.evaluate("navigator.clipboard.readText()") == SECRET

    page.get_by_role("button", name="Give it back").click()
    page.get_by_role("dialog").get_by_role("button", name="Give it back").click()
    expect(page.locator("main").get_by_text("Ended", exact=True).first).to_be_visible()
    expect(show).to_have_count(0)
    session = page.url.rpartition("/")[2]
    answer = installed.browser(USER, "staple battery horse").get(f"/api/v1/ActivitySession/{session}/Password")
    assert answer.status_code == 403


def knows(page: Page) -> bool:
    """Whether the page has the secret anywhere a script or a person would find it."""
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])"
    values = "[...document.querySelectorAll('input, textarea')].map(field => field.value).join(' ')"
    return SECRET in page.content() + page.evaluate(kept) + page.evaluate(values)
