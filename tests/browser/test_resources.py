"""What administrators do with resources in the console, seen over the API by somebody else."""

from __future__ import annotations

from typing import Any

from demo.hosts import Host
from playwright.sync_api import Page, expect

from browsing import choose, confirm
from installation import Installation, ask

WRONG = "192.0.2.1"


def row(installed: Installation, name: str) -> Any:
    found = installed.admin().call("GET", f"/api/v1/ManagedResource/Search?filterText={name}")["data"]
    return next((one for one in found if one["name"] == name), None)


def save(admin: Page) -> None:
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Saved", exact=True)).to_be_visible()


def test_a_host_is_added_moved_and_moved_back(
    installed: Installation, admin: Page, linux_hosts: list[Host]
) -> None:
    """With the host key compared and accepted: a session gets there in the end."""
    host = linux_hosts[0]
    admin.get_by_role("link", name="Resources").click()
    admin.get_by_role("link", name="Add a resource").click()
    admin.get_by_role("textbox", name="Name", exact=True).fill("moved01")
    admin.get_by_label("Address or DNS name").fill(host.address)
    admin.get_by_label("Take the host key that is shown first for right").uncheck()
    choose(admin, "Service account", host.account)
    admin.get_by_role("button", name="Add a resource").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("moved01")
    made = row(installed, "moved01")
    assert (made["ipAddress"], made["portSsh"], made["saUsername"]) == (host.address, 22, host.account)
    assert not made["acceptThumbprintOnFirstDiscovery"]

    admin.get_by_label("IP address").fill(WRONG)
    save(admin)
    assert row(installed, "moved01")["ipAddress"] == WRONG
    admin.get_by_label("IP address").fill(host.address)
    save(admin)
    assert row(installed, "moved01")["ipAddress"] == host.address

    api = installed.admin()
    policy = api.call("GET", "/api/v1/AccessControlPolicy")[0]["id"]
    api.call("PUT", f"/api/v1/AccessControlPolicy/{policy}/ManagedResource", [{"id": made["id"]}])
    user = installed.user()
    ask(user, managedResourceName="moved01")
    admin.reload()
    expect(admin.get_by_role("table", name="Policies")).to_contain_text("all")
    expect(admin.get_by_text("The host showed a key that is not trusted")).to_be_visible()
    shown = admin.get_by_role("textbox", name="Its thumbprint").inner_text()
    admin.get_by_role("button", name="Accept the new key").click()
    confirm(admin, "Accept the new key")
    expect(admin.get_by_text("The host showed a key that is not trusted")).to_have_count(0)
    assert row(installed, "moved01")["trustedThumbprint"] == shown
    user.wait_for_session(ask(user, managedResourceName="moved01"), {1})


def test_what_its_ssh_server_can(installed: Installation, admin: Page) -> None:
    """Found in the list; the server's own words for each change are in the audit log."""
    admin.goto("/admin/resources?q=web01")
    admin.get_by_role("table", name="Resources").get_by_role("link", name="web01").click()
    server = admin.get_by_role("region", name="SSH server")
    server.get_by_role("button", name="Allow weak algorithms").click()
    confirm(admin, "Allow weak algorithms")
    expect(server.get_by_role("button", name="Allow them no longer")).to_be_visible()
    api, host = installed.admin(), row(installed, "web01")["id"]
    legacy = f"/api/locum/v1/ManagedResource/{host}/LegacyAlgorithms"
    assert api.call("GET", legacy) == {"allowed": True}
    server.get_by_role("button", name="Allow them no longer").click()
    expect(server.get_by_role("button", name="Allow weak algorithms")).to_be_visible()
    assert api.call("GET", legacy) == {"allowed": False}

    server.get_by_role("button", name="It takes certificates").click()
    expect(admin.get_by_role("textbox", name="Commands for the certificates")).to_contain_text("ssh-ed25519")
    confirm(admin, "I have run it: use certificates")
    expect(server.get_by_role("button", name="Use keys again")).to_be_visible()
    state = f"/api/locum/v1/ManagedResource/{host}/State"
    assert api.call("GET", state)["trustsUserCa"]
    server.get_by_role("button", name="Use keys again").click()
    expect(server.get_by_role("button", name="It takes certificates")).to_be_visible()
    assert not api.call("GET", state)["trustsUserCa"]


def test_a_database_server_is_added(installed: Installation, admin: Page) -> None:
    admin.goto("/admin/resources/new")
    admin.get_by_label("Kind").select_option("PostgreSQL server")
    admin.get_by_role("textbox", name="Name", exact=True).fill("shop")
    admin.get_by_label("Address or DNS name").fill("db.example.org")
    admin.get_by_label("Port").fill("5433")
    admin.get_by_label("Take any certificate").check()
    admin.get_by_role("button", name="Add a resource").click()
    expect(admin.get_by_role("region", name="State")).to_contain_text("5433")
    made = row(installed, "shop")
    assert (made["type"], made["platformName"], made["dnsHostName"]) == (5, "PostgreSQL", "db.example.org")
    state = installed.admin().call("GET", f"/api/locum/v1/ManagedResource/{made['id']}/State")
    assert (state["port"], state["encrypted"], state["trustServerCertificate"]) == (5433, True, True)
