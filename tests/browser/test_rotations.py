"""A credential's secret changes in the console: with what depends on it, put back, and while its host is down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from demo.hosts import Host
from playwright.sync_api import Locator, Page, expect

from browsing import choose, confirm
from demo import hosts
from installation import Installation

LOGIN, PASSWORD = "robot", "the first Passw0rd"
FILE, OTHER_FILE = "/etc/robot.conf", "/etc/not-there.conf"


@pytest.fixture
def host(linux_hosts: list[Host]) -> Iterator[Host]:
    """With an account whose password stands in a file, too."""
    host = linux_hosts[0]
    hosts.run(host, f"useradd -m {LOGIN} && echo '{LOGIN}:{PASSWORD}' | chpasswd")
    hosts.run(host, f"echo 'password = \"{PASSWORD}\"' > {FILE}")
    yield host
    hosts.run(host, f"userdel -rf {LOGIN}; rm -f {FILE}", check=False)


@pytest.fixture
def credential(installed: Installation, host: Host) -> Iterator[str]:
    """It is Locum's to change; the id."""
    api = installed.admin()
    (web01,) = api.call("GET", "/api/v1/ManagedResource/Search?filterText=web01")["data"]
    made = api.call("POST", "/api/v1/Credential", {"username": LOGIN, "password": PASSWORD})["id"]
    managed = {"managedResourceId": web01["id"], "managedType": 1}
    api.call("PUT", f"/api/locum/v1/Credential/{made}/ManagedUser", managed)
    yield made
    api.call("DELETE", f"/api/locum/v1/Credential/{made}/ManagedUser")
    api.call("DELETE", f"/api/v1/Credential/{made}")


def newest(page: Page) -> Locator:
    return page.get_by_role("table", name="Changes of the secret").get_by_role("row").nth(1)


def kept(api: Any, credential: str) -> str:
    return str(api.call("GET", f"/api/v1/Credential/{credential}?showPassword=true")["password"])


def test_what_depends_on_a_secret_follows_it(
    installed: Installation, admin: Page, host: Host, credential: str
) -> None:
    """To the new one and back; the host's file says so, and what was kept before can be seen."""
    api = installed.admin()
    admin.goto(f"/admin/credentials/{credential}")
    admin.get_by_role("button", name="Add a dependant").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("<b>its file</b>")
    choose(dialog, "Resource", "web01")
    dialog.get_by_role("textbox", name="Path of the file").fill(FILE)
    dialog.get_by_role("textbox", name="Text around the secret").fill('password = "{secret}"')
    confirm(admin, "Save")
    expect(admin.get_by_role("table", name="Dependants")).to_contain_text("<b>its file</b>")

    admin.get_by_role("button", name="Change now").click()
    expect(newest(admin)).to_contain_text("Done")
    expect(newest(admin)).to_contain_text("<b>its file</b> · web01 · Done")
    second = kept(api, credential)
    assert second != PASSWORD
    assert hosts.run(host, f"cat {FILE}") == f'password = "{second}"\n'
    versions = admin.get_by_role("table", name="Secrets kept").get_by_role("row")
    expect(versions.nth(1)).to_contain_text("in use")
    admin.get_by_role("button", name="Reveal version 1").click()
    admin.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(admin.get_by_role("textbox", name="Secret")).to_have_text(PASSWORD)
    admin.get_by_role("dialog").get_by_role("button", name="Close").last.click()

    admin.get_by_role("button", name="Put the last one back").click()
    confirm(admin, "Put the last one back")
    expect(newest(admin)).to_contain_text("put back")
    expect(newest(admin)).to_contain_text("Done")
    assert kept(api, credential) == PASSWORD
    assert hosts.run(host, f"cat {FILE}") == f'password = "{PASSWORD}"\n'
    admin.get_by_role("button", name="Verify now").click()
    state = admin.get_by_role("region", name="Secret", exact=True)
    expect(state).to_contain_text("As in the vault")
    hosts.run(host, f"echo '{LOGIN}:somebody elses' | chpasswd")
    admin.get_by_role("button", name="Verify now").click()
    expect(state).to_contain_text("Not as in the vault")
    hosts.run(host, f"echo '{LOGIN}:{PASSWORD}' | chpasswd")

    admin.get_by_role("button", name="Change <b>its file</b>").click()
    admin.get_by_role("dialog").get_by_role("textbox", name="Path of the file").fill(OTHER_FILE)
    confirm(admin, "Save")
    admin.get_by_role("button", name="Change now").click()
    expect(admin.get_by_role("table", name="Changes of the secret")).to_contain_text(OTHER_FILE)
    expect(newest(admin)).to_contain_text("put back")
    expect(newest(admin)).to_contain_text("Done")
    assert kept(api, credential) == PASSWORD
    admin.get_by_role("button", name="Remove <b>its file</b>").click()
    confirm(admin, "Remove")
    expect(admin.get_by_text("Nothing else holds this secret")).to_be_visible()


def test_while_a_host_is_down(installed: Installation, admin: Page, host: Host, credential: str) -> None:
    """A change waits for it, can be steered meanwhile, and is run again; the overview says since when it is down."""
    before = hosts.run(host, f"getent shadow {LOGIN}")
    page = f"/admin/credentials/{credential}"
    admin.goto("/admin")
    down = admin.get_by_role("region", name="Hosts down")
    expect(down).to_contain_text("None")
    hosts.stop_sshd(host)
    try:
        admin.goto(page)
        admin.get_by_role("button", name="Change now").click()
        expect(newest(admin)).to_contain_text("can't reach")
        admin.get_by_role("button", name="Pause").click()
        expect(newest(admin)).to_contain_text("Paused")
        admin.get_by_role("button", name="Go on").click()
        expect(newest(admin)).not_to_contain_text("Paused")
        admin.get_by_role("button", name="Abort").click()
        expect(newest(admin)).to_contain_text("Aborted")
        admin.get_by_role("button", name="Change now").click()
        expect(newest(admin)).to_contain_text("can't reach")
        admin.goto("/admin")
        expect(down).to_contain_text("can't reach")
        expect(down).to_contain_text("since")
        down.get_by_role("link", name="web01").click()
        expect(admin.get_by_role("heading", name="web01", exact=True)).to_be_visible()
        expect(admin.get_by_role("alert")).to_contain_text("can't reach")
        admin.goto(page)
        admin.get_by_role("table", name="Jobs").get_by_role("link").first.click()
        expect(admin.get_by_text("in a row")).to_be_visible()
    finally:
        hosts.start_sshd(host)
    assert hosts.run(host, f"getent shadow {LOGIN}") == before
    admin.get_by_role("button", name="Run now").click()
    expect(admin.get_by_text("Done", exact=True).first).to_be_visible()
    assert hosts.run(host, f"getent shadow {LOGIN}") != before
    admin.goto("/admin")
    expect(down).to_contain_text("None")
