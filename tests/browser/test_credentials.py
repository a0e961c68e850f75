"""What administrators do with credentials and jobs in the console, seen on the host and over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from demo.hosts import Host
from playwright.sync_api import Page, expect

from browsing import choose, confirm, found_by_axe
from demo import hosts
from installation import Installation, ask

# What the page shows, its fields hold, and the browser keeps for it.
_EVERYTHING = """() => [
  document.documentElement.outerHTML,
  ...[...document.querySelectorAll('input, textarea')].map(one => one.value),
  JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href,
].join('\\n')"""
SECRETS = "/api/locum/v1/Secret"
LOGIN, PASSWORD = "keeper", "the first Passw0rd"


@pytest.fixture
def keeper(linux_hosts: list[Host]) -> Iterator[Host]:
    """The host with an account of that name and password."""
    host = linux_hosts[0]
    hosts.run(host, f"useradd -m {LOGIN} && echo '{LOGIN}:{PASSWORD}' | chpasswd")
    yield host
    hosts.run(host, f"userdel -rf {LOGIN}", check=False)


def hashed(host: Host) -> str:
    return hosts.run(host, f"getent shadow {LOGIN}").split(":")[1]


def test_a_login_is_kept_managed_changed_and_revealed(installed: Installation, admin: Page, keeper: Host) -> None:
    """The host has another password afterwards, and the audit log says who looked at it."""
    before = hashed(keeper)
    admin.get_by_role("link", name="Credentials").click()
    admin.get_by_role("link", name="Add a credential").click()
    admin.get_by_label("User name").fill(LOGIN)
    admin.get_by_label("Domain").fill("web01")
    admin.locator("input[type=password]").fill(PASSWORD)
    admin.get_by_role("button", name="Add a credential").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text(rf"web01\{LOGIN}")

    admin.get_by_role("button", name="Manage it").click()
    choose(admin.get_by_role("dialog"), "Resource", "web01")
    admin.get_by_label("Managed", exact=True).select_option("By hand")
    admin.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(admin.get_by_role("dialog")).to_have_count(0)
    admin.get_by_role("button", name="Verify now").click()
    expect(admin.get_by_role("region", name="Secret", exact=True)).to_contain_text("As in the vault")

    admin.get_by_role("button", name="Change now").click()
    changes = admin.get_by_role("table", name="Changes of the secret")
    expect(changes).to_contain_text("Done")
    expect(changes).to_contain_text("admin")
    assert hashed(keeper) != before
    admin.reload()
    admin.get_by_role("button", name="Reveal version 2").click()
    admin.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    shown = admin.get_by_role("textbox", name="Secret").inner_text()
    assert shown != PASSWORD
    api = installed.admin()
    credential = found(api, LOGIN)["id"]
    assert api.call("GET", f"/api/v1/Credential/{credential}?showPassword=true")["password"] == shown
    admin.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(admin.get_by_role("table", name="What happened")).to_contain_text("credential.secret_revealed")
    assert shown not in admin.content()

    admin.get_by_role("button", name="Leave it alone").click()
    confirm(admin, "Leave it alone")
    expect(admin.get_by_role("button", name="Manage it")).to_be_visible()
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    expect(admin.get_by_role("table", name="Credentials")).to_be_visible()
    assert found(api, LOGIN) is None


def found(api: Any, text: str) -> Any:
    rows = api.call("GET", f"/api/v1/Credential/Search?filterText={text}")["data"]
    return rows[0] if rows else None


def test_a_credential_in_use_stays_and_says_why(installed: Installation, admin: Page, keeper: Host) -> None:
    service = found(installed.admin(), "locum")
    admin.goto("/admin/credentials?q=locum")
    admin.get_by_role("table").get_by_role("link").first.click()
    admin.get_by_role("button", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("dialog").get_by_role("alert")).to_contain_text("web01")
    assert found(installed.admin(), "locum") == service


def test_a_file_is_kept_as_it_was_typed(installed: Installation, admin: Page) -> None:
    admin.goto("/admin/credentials/new")
    admin.get_by_label("What is kept").select_option("A file's text")
    admin.get_by_role("textbox", name="Name", exact=True).fill("licence")
    admin.get_by_label("Secret").fill("schlüssel\nsecond line")
    admin.get_by_role("button", name="Add a credential").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("licence")
    api = installed.admin()
    kept = api.call("GET", f"/api/locum/v1/Secret/{admin.url.rsplit('/', 1)[1]}/Reveal")
    assert kept["text"] == "schlüssel\nsecond line"


def test_a_new_content_typed_and_from_a_file_and_no_trace_of_it(
    installed: Installation, admin: Page, axe: str
) -> None:
    """A secret without a target has nothing to do with targets; what is refused stays typed, what was sent does not."""
    api = installed.admin()
    made = api.call("POST", f"{SECRETS}?kind=key_values&name=settings", raw=b'{"a": "canary-one"}')["id"]
    admin.goto(f"/admin/credentials/{made}")
    expect(admin.get_by_role("region", name="Secret", exact=True)).to_contain_text("Names and values")
    for words in ("Change now", "Verify now", "Put the last one back", "Manage it", "Add a dependant"):
        expect(admin.get_by_role("button", name=words)).to_have_count(0)
    expect(admin.get_by_role("button", name="Reveal version 1")).to_be_visible()
    admin.set_viewport_size({"width": 390, "height": 844})
    assert found_by_axe(admin, axe) == []

    admin.get_by_role("button", name="New content").click()
    dialog = admin.get_by_role("dialog")
    field = dialog.get_by_role("textbox", name="New content")
    expect(field).to_be_focused()
    assert found_by_axe(admin, axe) == []
    field.fill("canary-two")
    dialog.get_by_role("button", name="New content").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(field).to_have_value("canary-two")
    field.fill('{"a": "canary-two"}')
    confirm(admin, "New content")
    expect(admin.get_by_role("button", name="Reveal version 2")).to_be_visible()
    assert api.call("GET", f"{SECRETS}/{made}/Reveal")["text"] == '{"a": "canary-two"}'
    assert "canary" not in admin.evaluate(_EVERYTHING)

    admin.get_by_role("button", name="New content").click()
    expect(field).to_have_value("")
    content = {"name": "new.json", "mimeType": "application/json", "buffer": b'{"a": "canary-three"}'}
    dialog.locator("input[type=file]").set_input_files([content])
    confirm(admin, "New content")
    expect(admin.get_by_role("button", name="Reveal version 3")).to_be_visible()
    assert api.call("GET", f"{SECRETS}/{made}/Reveal")["text"] == '{"a": "canary-three"}'
    admin.get_by_role("button", name="Change").click()
    dialog.get_by_role("textbox", name="Name").fill("other settings")
    confirm(admin, "Save")
    expect(admin.get_by_role("heading", level=1)).to_have_text("other settings")
    admin.get_by_role("button", name="Delete").click()
    confirm(admin, "Delete")
    assert found(api, "settings") is None


def test_a_vault_gives_what_is_in_it_under_a_policy(installed: Installation, admin: Page) -> None:
    """A login is put into a secret vault, and that into a policy: the person may have it, until the vault is out."""
    api = installed.admin()
    api.call("POST", "/api/v1/ManagedResource", {"name": "safe", "type": "SecretVault"})
    login = api.call("POST", "/api/v1/Credential", {"username": "router", "password": PASSWORD})["id"]
    admin.goto(f"/admin/credentials/{login}")
    expect(admin.get_by_role("button", name="Change now")).to_have_count(0)
    admin.get_by_role("button", name="Manage it").click()
    choose(admin.get_by_role("dialog"), "Resource", "safe")
    admin.get_by_label("Managed", exact=True).select_option("Not managed")
    confirm(admin, "Save")
    expect(admin.get_by_role("region", name="Management")).to_contain_text("safe")
    expect(admin.get_by_role("button", name="Leave it alone")).to_be_visible()
    expect(admin.get_by_role("button", name="Change now")).to_have_count(0)

    admin.goto("/admin/policies/new")
    admin.get_by_role("textbox", name="Name", exact=True).fill("the safe")
    admin.get_by_label("About").select_option("Credentials")
    admin.get_by_role("button", name="Save").click()
    for part, name in (("People and groups", "alice"), ("Secret vaults", "safe")):
        admin.get_by_role("button", name=f"Add to: {part}").click()
        choose(admin.get_by_role("dialog"), part, name)
        admin.get_by_role("heading", name=f"Add to: {part}").click()
        confirm(admin, "Add")
        expect(admin.get_by_role("list", name=part)).to_contain_text(name)
    asked = f"/api/locum/v1/AccessControlPolicy/Explain?user=alice&credential={login}"
    assert api.call("GET", asked)["outcome"] == "allowed"
    admin.get_by_role("button", name="Remove safe").click()
    expect(admin.get_by_text("No secret vault yet")).to_be_visible()
    assert api.call("GET", asked)["outcome"] == "denied"


def test_what_a_session_s_job_did_and_that_it_is_given_up(installed: Installation, admin: Page) -> None:
    session = ask(installed.user())
    installed.user().wait_for_session(session, {1})
    admin.get_by_role("link", name="Jobs").click()
    admin.get_by_label("Kind of job").select_option("Session")
    expect(admin.get_by_role("main").get_by_text("1 entry", exact=True)).to_be_visible()
    row = admin.get_by_role("table", name="Jobs").get_by_role("row").filter(has_text="alice").first
    row.get_by_role("link").click()
    expect(admin.get_by_role("table", name="Linux sudo: before the session")).to_contain_text("Done")
    expect(admin.get_by_role("region", name="Log").get_by_role("listitem").first).to_be_visible()
    admin.evaluate("localStorage.setItem('locum-language', 'de')")
    admin.reload()
    steps = admin.get_by_role("table", name="Linux sudo: Vor der Sitzung")
    expect(steps).to_contain_text("Konto der Sitzung anlegen")
    expect(steps).to_contain_text("Getan")
    admin.evaluate("localStorage.setItem('locum-language', 'en')")
    admin.reload()
    admin.get_by_role("button", name="Give up").click()
    confirm(admin, "Give up")
    installed.user().wait_for_session(session, {5})
    admin.goto("/admin/jobs?tab=steps")
    expect(admin.get_by_role("table", name="Steps of sessions")).to_contain_text("web01")
    admin.get_by_label("Only what fails").click()
    expect(admin.get_by_text("Nothing fails")).to_be_visible()
