"""What people do about their own sign-ins: passkeys, recovery codes, SSH keys, and where they are signed in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from demo.client import Client
from playwright.sync_api import CDPSession, Locator, Page, expect

from browsing import Person
from installation import Installation, status

PASSWORD = "a password of hers alone"
OWN = "/api/locum/v1/SignIn"
# Keeps passkeys itself and has just looked at its owner's finger (W3C Web Authentication Level 3, 11.2).
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def somebody(installed: Installation, person: Callable[..., Person]) -> Callable[..., Person]:
    """Makes a person with a password alone, in front of the sign-in at a name that passkeys can belong to."""

    def come(name: str) -> Person:
        installed.admin().call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
            "managedAccountView": {"name": name},
            "localUserPasswordChangeRequest": {"passwordNew": PASSWORD},
        })  # fmt: skip
        at = f"https://localhost:{installed.https.rpartition(':')[2]}"
        return person(name, PASSWORD, signed_in=False, base_url=at)

    return come


def with_authenticator(one: Person) -> CDPSession:
    """Gives the browser a place for passkeys."""
    devtools = one.context.new_cdp_session(one.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return devtools


def own_security(page: Page) -> None:
    page.get_by_role("link", name="My security").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My security")


def kept_codes(page: Page) -> list[str]:
    """The recovery codes that a dialog shows this once."""
    dialog = page.get_by_role("dialog")
    listed = dialog.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(listed).to_have_count(10)
    codes = listed.all_inner_texts()
    dialog.get_by_role("button", name="I have kept them").click()
    expect(dialog).to_have_count(0)
    return codes


def add_passkey(page: Page, name: str) -> Locator:
    page.get_by_role("button", name="Add a passkey").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Add a passkey").click()
    return dialog


def test_a_passkey_from_its_making_to_its_removal(
    installed: Installation, somebody: Callable[..., Person]
) -> None:
    """It signs in without a password and after one; the same place takes no second; the needed one stays."""
    frieda = somebody("frieda")
    page = frieda.page
    with_authenticator(frieda)
    frieda.sign_in()
    own_security(page)
    expect(page.get_by_text("You have no passkey yet")).to_be_visible()
    add_passkey(page, "my phone")
    assert len(kept_codes(page)) == 10
    passkeys = page.get_by_role("table", name="Passkeys")
    expect(passkeys.get_by_role("row").nth(1)).to_contain_text("my phone")
    again = add_passkey(page, "once more")
    expect(again.get_by_role("alert")).to_contain_text("There is a passkey of yours in this place already")
    again.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Rename my phone").click()
    page.get_by_role("dialog").get_by_label("Name").fill("old phone")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(passkeys).to_contain_text("old phone")

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    own_security(page)
    expect(
        page.get_by_role("table", name="Sign-ins").get_by_role("row").filter(has_text="This one")
    ).to_contain_text("Passkey")
    page.get_by_role("button", name="Sign out", exact=True).click()
    frieda.give_password()
    page.get_by_role("button", name="Use a passkey instead").click()
    own_security(page)

    admin = installed.admin()
    own = admin.call("GET", "/api/v1/ManagedAccount/Search?filterText=frieda")["data"][0]["id"]
    for requirement, words in ((1, "this passkey is your only second factor"), (2, None)):
        admin.call("PUT", f"/api/locum/v1/SecondFactor/{own}/Requirement", {"requirement": requirement})
        page.get_by_role("button", name="Remove old phone").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Remove").click()
        if words:
            expect(dialog.get_by_role("alert")).to_contain_text(words)
            dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)
    expect(page.get_by_text("You have no passkey yet")).to_be_visible()


def test_new_recovery_codes_end_the_old_ones(somebody: Callable[..., Person]) -> None:
    """A wrong code gets none; a new one signs in, an old one doesn't."""
    gerda = somebody("gerda")
    page = gerda.page
    with_authenticator(gerda)
    gerda.sign_in()
    own_security(page)
    expect(page.get_by_role("region", name="Passkeys")).to_contain_text("You have no passkey yet")
    expect(page.get_by_role("button", name="New recovery codes")).to_have_count(0)
    add_passkey(page, "my phone")
    old = kept_codes(page)
    page.get_by_role("button", name="New recovery codes").click()
    dialog = page.get_by_role("dialog")
    for code in ("000000", old[0]):
        dialog.get_by_label("Code").fill(code)
        dialog.get_by_role("button", name="New recovery codes").click()
        if code == "000000":
            expect(dialog.get_by_role("alert")).to_contain_text("the code is not right")
    fresh = kept_codes(page)
    expect(page.get_by_role("region", name="Authenticator app and recovery codes")).to_contain_text("10 left")
    page.get_by_role("button", name="Sign out", exact=True).click()
    gerda.give_password()
    for code in (old[1], fresh[0]):
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if code == old[1]:
            expect(page.get_by_role("alert")).to_contain_text("the code is not right")
    expect(page.get_by_role("heading", level=1)).to_have_text("My access")


def test_an_ssh_key_is_pasted_and_removed(
    installed: Installation, somebody: Callable[..., Person], tmp_path: Path
) -> None:
    """What is no key is said beside it; the fingerprint is the one that ssh-keygen prints."""
    file = tmp_path / "laptop"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
    public = file.with_suffix(".pub")
    printed = subprocess.run(["ssh-keygen", "-l", "-f", public], check=True, capture_output=True, text=True).stdout
    hanna = somebody("hanna")
    page = hanna.page
    hanna.sign_in()
    own_security(page)
    expect(page.get_by_text("You have no SSH key yet")).to_be_visible()
    page.get_by_role("button", name="Add an SSH key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("laptop")
    dialog.get_by_label("Public key").fill(file.read_text()[:60])
    dialog.get_by_role("button", name="Add an SSH key").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Public key").fill(public.read_text())
    dialog.get_by_role("button", name="Add an SSH key").click()
    expect(page.get_by_role("table", name="SSH keys")).to_contain_text(printed.split()[1])
    api = installed.client()
    api.sign_in("hanna", PASSWORD, "0")
    assert [key["name"] for key in api.call("GET", "/api/locum/v1/SshKey")] == ["laptop"]
    page.get_by_role("button", name="Remove laptop").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have no SSH key yet")).to_be_visible()
    assert api.call("GET", "/api/locum/v1/SshKey") == []


def test_one_sign_in_is_ended_and_then_all(installed: Installation, somebody: Callable[..., Person]) -> None:
    """The one that was ended is good for nothing at once, the other still is; then none is."""
    ida = somebody("ida")
    page = ida.page
    ida.sign_in()
    other, third = signed_in(installed, "ida"), signed_in(installed, "ida")
    own_security(page)
    rows = page.get_by_role("table", name="Sign-ins").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="This one").get_by_role("button")).to_have_count(0)
    # The newest is first.
    rows.nth(1).get_by_role("button", name="End").click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(rows).to_have_count(3)
    assert (status(third, OWN), status(other, OWN)) == (401, 200)
    page.get_by_role("switch", name="Ended ones of the last 30 days too").click()
    expect(rows.filter(has_text="Ended")).to_have_count(1)

    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Locum")
    assert status(other, OWN) == 401


def test_a_password_is_changed(installed: Installation, somebody: Callable[..., Person]) -> None:
    """What was wrong is said in place; then the old one opens nothing, and other sign-ins have ended."""
    hers = somebody("paula")
    hers.sign_in()
    other = signed_in(installed, "paula")
    page = hers.page
    own_security(page)
    page.get_by_role("button", name="Change the password").click()
    dialog = page.get_by_role("dialog")
    fresh = "another password of hers"
    for old, new, told in (
        ("not hers", fresh, "the old password is not right"), (PASSWORD, PASSWORD, "must differ"),
        (PASSWORD, "paula", "at least 8 characters"),
    ):  # fmt: skip
        dialog.get_by_label("Password until now").fill(old)
        dialog.get_by_label("New password").fill(new)
        dialog.get_by_role("button", name="Change the password").click()
        expect(dialog.get_by_role("alert")).to_contain_text(told)
    dialog.get_by_label("New password").fill(fresh)
    dialog.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The password is changed")).to_be_visible()
    assert status(other, OWN) == 401
    rows = page.get_by_role("table", name="Sign-ins").get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Sign out").first.click()
    hers.give_password()
    expect(page.get_by_role("alert")).to_contain_text("the user name or the password is not right")
    hers.password = fresh
    hers.give_password()
    expect(page.get_by_role("heading", level=1)).to_have_text("My access")


def signed_in(installed: Installation, name: str) -> Client:
    client = installed.client()
    client.sign_in(name, PASSWORD, "0")
    return client
