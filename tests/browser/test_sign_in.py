"""Signing in with a browser: the steps, what is kept there, and what happens when a sign-in ends."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pyotp
from playwright.sync_api import Page, expect

from browsing import Person, end_session
from installation import Installation
from qr_scanner import scanned

FIRST, OWN = "a first password of theirs", "a password of their own"


def test_a_new_person_chooses_a_password_and_an_authenticator_app(
    installed: Installation, person: Callable[..., Person]
) -> None:
    """Whoever was made by an administrator does both at the first sign-in, and is asked for a code at the next."""
    admin = installed.admin()
    made = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": "berta"},
        "localUserPasswordChangeRequest": {"passwordNew": FIRST},
        "changePasswordNextLogin": True,
    })["id"]  # fmt: skip
    admin.call("PUT", f"/api/locum/v1/SecondFactor/{made}/Requirement", {"requirement": 1})
    berta = person("berta", FIRST, signed_in=False)
    page = berta.page
    page.goto("/sessions?tab=past")
    berta.give_password()
    page.get_by_text("Choose a password of your own").wait_for()
    rules = page.get_by_role("list", name="It needs").get_by_role("listitem").filter(has_text="characters")
    page.locator("input[type=password]").fill("abcabc")
    expect(rules.first).to_contain_text("not met yet")
    page.locator("input[type=password]").fill("password1234")
    expect(rules.first).not_to_contain_text("not met yet")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("too easy to guess")
    page.locator("input[type=password]").fill(OWN)
    page.get_by_role("button", name="Change the password").click()

    picture = page.get_by_role("img", name="QR code for the authenticator app")
    uri = scanned(picture.get_attribute("src"))
    (secret,) = parse_qs(urlsplit(uri).query)["secret"]
    page.get_by_label("Code of the app").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    listed = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    listed.first.wait_for()
    codes = listed.all_inner_texts()
    assert len(codes) >= 8
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My sessions")
    expect(page.get_by_role("tab", name="Ended")).to_have_attribute("aria-selected", "true")

    page.get_by_role("button", name="Sign out").click()
    berta.password = OWN
    berta.give_password()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("the code is not right")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My access")
    assert admin.call("GET", "/api/v1/ManagedAccount/Search?filterText=berta")["recordsTotal"] == 1


def test_a_wrong_password_is_said_and_nothing_else(person: Callable[..., Person]) -> None:
    stranger = person(password="wrong", signed_in=False)
    stranger.page.goto("/")
    stranger.give_password()
    expect(stranger.page.get_by_role("alert")).to_contain_text("the user name or the password is not right")
    assert stranger.context.cookies() == []


def test_sec_31_no_token_is_kept_where_a_script_can_read_it(person: Callable[..., Person]) -> None:
    """The cookie is out of reach, and nothing that looks like a token (RFC 7519) lies in a store or goes along."""
    alice = person(signed_in=False)
    sent: list[str] = []
    alice.page.on(
        "request", lambda request: sent.append(f"{request.url} {request.headers.get('authorization', '')}")
    )
    alice.sign_in()
    alice.page.get_by_role("link", name="My sessions").click()
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("My sessions")
    (cookie,) = [one for one in alice.context.cookies() if one["name"] == "__Host-locum"]
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    kept = alice.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "eyJ" not in kept
    assert "locum-language" in kept
    # Only the step between password and code goes by a token, which is good for that step alone.
    assert {line.split()[0].rpartition("/")[2] for line in sent if "eyJ" in line} == {"signin2fa"}


def test_a_sign_in_that_ended_is_renewed_in_place(installed: Installation, alice: Page) -> None:
    """What was typed is still there, and the request that met the end goes on."""
    alice.get_by_role("button", name="Start Linux shell").click()
    alice.get_by_label("Reason").fill("half a sentence")
    installed.user().call("POST", "/api/locum/v1/SignOutEverywhere")
    alice.get_by_role("button", name="Start now").click()
    again = alice.get_by_role("dialog", name="Sign in again")
    again.locator("input[type=password]").fill("staple battery horse")
    again.get_by_role("button", name="Sign in").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Linux shell on web01")
    expect(alice.locator("dl")).to_contain_text("half a sentence")
    end_session(alice)
