"""`locum policy`: on the machine itself, over the API, and on policies in a file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from installation import LOCUM
from secret_server import SecretServer

SUDO = "Linux sudo"
EXPECT = '[[expect]]\nuser = "{}"\nactivity = "Linux sudo"\nresource = "policy-host"\noutcome = "{}"\n'
HOST, PERSON, POLICY, SECRETS = "policy-host", "Paula", "Paula's hosts", "Paula's secrets"


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOCUM, "policy", *words], capture_output=True, text=True, check=False, timeout=60, **options
    )


@pytest.fixture(scope="module")
def server(secret_server: SecretServer) -> SecretServer:
    """With a person, a host and a policy that joins them."""
    admin = secret_server.admin
    account = admin.call("POST", "/api/v1/Credential", {"username": "policies", "password": "x", "type": 0})["id"]
    host = admin.call(
        "POST",
        "/api/v1/ManagedResource",
        {"name": HOST, "ipAddress": "192.0.2.7", "type": 0, "serviceAccountId": account},
    )["id"]
    person = admin.call(
        "POST",
        "/api/v1/ManagedAccount/CreateLocalUser",
        {
            "managedAccountView": {"name": PERSON},
            "localUserPasswordChangeRequest": {"passwordNew": "staple battery horse"},
        },
    )["id"]
    sudo = next(one["id"] for one in admin.call("GET", "/api/v1/Activity") if one["name"] == SUDO)
    admin.call(
        "POST",
        "/api/v1/AccessControlPolicy",
        {
            "name": POLICY, "approvalTypeRequired": 1, "ticketRequired": True, "managedAccountIds": [person],
            "managedResourceIds": [host], "activityIds": [sudo],
        },
    )  # fmt: skip
    admin.call(
        "POST",
        "/api/v1/AccessControlPolicy",
        {
            "name": SECRETS, "policyType": "Credential", "notesRequired": True, "managedAccountIds": [person],
            "credentialIds": [account],
        },
    )  # fmt: skip
    return secret_server


def here(server: SecretServer) -> list[str]:
    return ["--data-dir", str(server.at.data)]


def test_it_says_who_decides_and_what_is_lacking(server: SecretServer) -> None:
    denied = run("explain", PERSON, SUDO, HOST, *here(server))
    assert (denied.returncode, denied.stderr) == (1, "")
    assert denied.stdout.startswith(f"no: the access policy “{POLICY}” requires a ticket\n")
    allowed = run("explain", PERSON.upper(), SUDO, HOST, "--ticket", "T-1", *here(server))
    assert allowed.returncode == 0
    assert f"yes: the access policy “{POLICY}” allows it" in allowed.stdout
    assert f"person “{PERSON}”" in allowed.stdout
    near = run("explain", PERSON, "Linux shell", HOST, *here(server))
    assert (near.returncode, "holds the person, but not the activity" in near.stdout) == (1, True)


def test_over_the_api_it_is_the_same(server: SecretServer) -> None:
    words = ("explain", PERSON, SUDO, HOST, "--ticket", "T-1", "--json")
    remote, local = run(*words, env=server.env()), run(*words, *here(server))
    assert remote.returncode == local.returncode == 0, remote.stderr
    over, on = json.loads(remote.stdout), json.loads(local.stdout)
    assert (over["outcome"], over["policy"], over["considered"][0]["person"]) == (
        on["outcome"], on["policy"], on["considered"][0]["person"],
    )  # fmt: skip


def test_of_a_credential(server: SecretServer) -> None:
    words = ("explain", PERSON, "--credential", "policies")
    for where in ({"env": server.env()}, {}):
        at = [] if where else here(server)
        denied = run(*words, *at, **where)
        assert (denied.returncode, denied.stderr) == (1, "")
        assert denied.stdout == (
            f"no: the access policy “{SECRETS}” requires notes\n"
            f"  policy “{SECRETS}” (priority 0): the access policy “{SECRETS}” requires notes\n"
            f"    person “{PERSON}”\n"
            "    credential “policies”\n"
        )
        told = run(*words, "--note", "release 7", "--json", *at, **where)
        assert (told.returncode, json.loads(told.stdout)["policy"]) == (0, SECRETS)
        none = run("explain", PERSON, "--credential", "nothing", *at, **where)
        assert (none.stdout, none.stderr) == ("", "locum: there is no credential “nothing”\n")


@pytest.mark.parametrize("more", [[], [SUDO], [SUDO, HOST, "--credential", "x"]])
def test_one_thing_is_asked_for(server: SecretServer, more: list[str]) -> None:
    done = run("explain", PERSON, *more, *here(server))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_from_where_and_when_and_with_which_answers(server: SecretServer) -> None:
    admin = server.admin
    fields = [{"name": "change", "customFieldDataType": 0, "required": True}]
    profile = admin.call("POST", "/api/v1/ConnectionProfile", {"name": "asks", "customFields": fields})["id"]
    path = f"/api/locum/v1/ConnectionProfile/{profile}"
    admin.call("PUT", f"{path}/AddressRule", [{"address": "10.0.0.0/8", "allowed": True, "type": 2}])
    window = {"weekdays": "Thursday", "fromTime": "11:00", "toTime": "13:00", "timeZone": "UTC"}
    admin.call("PUT", f"{path}/AccessWindow", [window])
    policies = admin.call("GET", "/api/v1/AccessControlPolicy")
    held = next(one for one in policies if one["name"] == POLICY)
    kept = held["activityConfigurationId"]
    admin.call("PUT", f"/api/v1/AccessControlPolicy/{held['id']}", {"activityConfigurationId": profile})
    words = ["explain", PERSON, SUDO, HOST, "--ticket", "T-1", "--json"]
    given = ["--answer", "change=12", "--address", "10.1.2.3", "--at", "2026-11-26T13:30:00+01:00"]
    for away, missing in (
        ([], None),
        (["--answer", "change=12"], "custom field"),
        (["--address", "192.0.2.1"], "allowed address"),
        (["--at", "2026-11-27T12:00:00Z"], "access window"),
    ):
        how = [*words, *given, *away] if missing != "custom field" else [*words, *given[2:]]
        for done in (run(*how, *here(server)), run(*how, env=server.env())):
            assert json.loads(done.stdout)["missing"] == missing, (how, done.stderr)
    admin.call("PUT", f"/api/v1/AccessControlPolicy/{held['id']}", {"activityConfigurationId": kept})


@pytest.mark.parametrize("wrong", [("--at", "noon"), ("--at", "2026-11-26T12:00:00"), ("--answer", "x")])
def test_a_wrong_option_is_one_line(server: SecretServer, wrong: tuple[str, str]) -> None:
    done = run("explain", PERSON, SUDO, HOST, *wrong, *here(server))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert wrong[0] in done.stderr


def test_a_time_out_of_every_calendar_is_refused(server: SecretServer) -> None:
    how = ("explain", PERSON, SUDO, HOST, "--at", "9999-12-31T00:00:00Z")
    for done in (run(*how, *here(server)), run(*how, env=server.env())):
        assert done.returncode not in (0, 3)
        assert "at must lie between 2000 and 2200" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "Nobody", SUDO, HOST), "there is no user “Nobody”"),
        (("explain", PERSON, SUDO, "elsewhere"), "there is no resource “elsewhere”"),
    ],
)
def test_what_there_is_not_is_one_line(server: SecretServer, words: tuple[str, ...], said: str) -> None:
    for done in (run(*words, *here(server)), run(*words, env=server.env())):
        assert done.returncode not in (0, 1, 3) or "locum: " in done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_nobody_to_ask_is_one_line() -> None:
    done = run("explain", PERSON, SUDO, HOST, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    assert (done.returncode, done.stderr) == (2, "locum: say whom to ask: --data-dir DIR, or --url URL\n")


def test_expectations_of_a_server(server: SecretServer, tmp_path: Path) -> None:
    file = tmp_path / "expectations.toml"
    file.write_text(EXPECT.format(PERSON, "denied") + EXPECT.format(PERSON, "allowed") + 'ticket = "T-1"\n')
    for done in (run("test", str(file), *here(server)), run("test", str(file), env=server.env())):
        assert (done.returncode, done.stdout, done.stderr) == (0, "2 of 2 expectations hold\n", "")
    secret = f'[[expect]]\nuser = "{PERSON}"\ncredential = "policies"\noutcome = "{{}}"\n'
    file.write_text(secret.format("denied") + secret.format("allowed") + 'note = "release 7"\n')
    for done in (run("test", str(file), *here(server)), run("test", str(file), env=server.env())):
        assert (done.returncode, done.stdout, done.stderr) == (0, "2 of 2 expectations hold\n", "")
    file.write_text(EXPECT.format(PERSON, "allowed"))
    done = run("test", str(file), *here(server))
    assert (done.returncode, done.stdout) == (1, "0 of 1 expectations hold\n")
    assert "denied, not allowed: the access policy" in done.stderr
    told = json.loads(run("test", str(file), "--json", *here(server)).stdout)
    assert (told["expectations"], len(told["failures"])) == (1, 1)


def test_expectations_of_a_file_need_no_server(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    written = (
        '[[policy]]\nname = "All"\nusers = ["Ann"]\nactivities = ["Linux sudo"]\nresources = ["policy-host"]\n'
    )
    file.write_text(written + EXPECT.format("Ann", "allowed") + EXPECT.format("Bob", "denied"))
    done = run("test", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 of 2 expectations hold\n", "")
    file.write_text("colour = 'red'\n")
    done = run("test", str(file))
    assert done.returncode == 2
    assert done.stderr.startswith("locum: this is not a file of expectations")
    file.write_bytes(b"\xff\xfe")
    done = run("test", str(file))
    assert (done.returncode, done.stderr) == (2, f"locum: {file} is no text\n")
