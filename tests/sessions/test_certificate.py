"""Certificates in place of keys on the host: one principal, two minutes, and a real sshd decides."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from locum.gateway.ssh import upstream
from locum.identities.signin import SignedIn
from locum.main import keys
from locum.resources.user_ca import set_trust
from locum.sessions import ledger
from locum.sessions.certificate import LIFETIME, USER_CA, ca_line, user_certificate
from locum.sessions.connections import Grant, authorize_connection
from locum.sessions.provision import _new_key
from locum.vault import system_keys
from locum.vault.secret import Secret
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
CA_FILE = "/etc/ssh/locum_user_ca.pub"


def made(person: str = "Alice") -> bytes:
    private, _ = _new_key(uuid4())
    return user_certificate(
        keys._ed25519(), private, principal="alice-abcdefgh", session_id=uuid4(), person=person, now=NOW
    )


def listed(certificate: bytes, folder: Path) -> str:
    """What OpenSSH itself reads in it."""
    (folder / "c-cert.pub").write_bytes(certificate + b"\n")
    done = subprocess.run(
        ["ssh-keygen", "-L", "-f", folder / "c-cert.pub"],
        check=True,
        capture_output=True,
        text=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout


def test_sec_08_a_certificate_names_one_principal_for_two_minutes(tmp_path: Path) -> None:
    text = listed(made(), tmp_path)
    assert re.search(r"Principals: \n\s+alice-abcdefgh\n\s+Critical Options: \(none\)", text)
    assert re.search(
        r"Extensions: \n(\s+permit-(X11|agent|port)-forwarding\n){3}\s+permit-pty\n*$", text.rstrip() + "\n"
    )
    assert "Valid: from 2026-11-25T11:59:00 to 2026-11-25T12:02:00" in text
    assert "user certificate" in text
    assert dt.timedelta(minutes=5) >= LIFETIME


def test_sec_08_no_certificate_without_a_principal() -> None:
    private, _ = _new_key(uuid4())
    with pytest.raises(ValueError, match="principal"):
        user_certificate(keys._ed25519(), private, principal="", session_id=uuid4(), person="x", now=NOW)


def test_sec_22_a_name_reaches_the_hosts_log_as_plain_text(tmp_path: Path) -> None:
    text = listed(made("Ünï\x1b[31m\nroot"), tmp_path)
    assert "?n??[31m?root" in text


async def trusting(stage: Stage) -> Grant:
    """The grant of a session on the host, which trusts the CA."""
    database, vault = stage.database, stage.world.vault
    ca = await database.read(system_keys.load, vault, USER_CA)
    hosts.run(stage.host, f"echo '{ca_line(ca)}' > {CA_FILE}")
    await database.write(set_trust, ACTOR, stage.world.resource, trusted=True)
    session_id = await stage.ask()
    await stage.turn()
    kinds = [entry.kind for entry in await database.read(ledger.entries, session_id)]
    assert kinds == ["account", "sudoers"]
    who = SignedIn(stage.world.person, "Alice")
    return await database.write(
        authorize_connection, vault, session_id=session_id, who=who, address="192.0.2.1", node="n"
    )


def ssh(
    host: Host, folder: Path, login: str, private: Secret, certificate: bytes
) -> subprocess.CompletedProcess[str]:
    (folder / "key").write_bytes(private.reveal())
    (folder / "key").chmod(0o600)
    (folder / "key-cert.pub").write_bytes(certificate + b"\n")
    options = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oBatchMode=yes"]
    return subprocess.run(
        ["ssh", "-F", "none", *options, "-i", folder / "key", f"{login}@{host.address}", "id -un"],
        capture_output=True,
        text=True,
        timeout=30,
    )


async def test_a_host_that_trusts_the_ca_needs_no_key_on_it(stage: Stage, tmp_path: Path) -> None:
    """Another account, a late one and one of another CA are refused by sshd, and nothing stays behind."""
    hosts.run(stage.host, f"touch {CA_FILE}")
    before = state_of(stage.host)
    grant = await trusting(stage)
    login, private = grant.login_name, grant.private_key
    assert grant.certificate is not None
    assert hosts.run(stage.host, f"ls -A ~{login}/.ssh 2>/dev/null", check=False) == ""
    assert ssh(stage.host, tmp_path, login, private, grant.certificate).stdout.strip() == login
    connection = await upstream.dial(grant, pin=_no_pin, on_lost=lambda _: None)
    connection.abort()
    assert ssh(stage.host, tmp_path, "root", private, grant.certificate).returncode == 255
    ca = await stage.database.read(system_keys.load, stage.world.vault, USER_CA)
    late = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)
    for signer, now in ((ca, late), (keys._ed25519(), dt.datetime.now(dt.UTC))):
        other = user_certificate(
            signer, private, principal=login, session_id=grant.session_id, person="Alice", now=now
        )
        assert ssh(stage.host, tmp_path, login, private, other).returncode == 255
    await stage.end(grant.session_id)
    await stage.turn()
    hosts.run(stage.host, f": > {CA_FILE}")
    assert settled(stage.host, before)
    hosts.run(stage.host, f"rm {CA_FILE}")


async def test_a_session_keeps_the_way_it_was_made_ready_for(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    await stage.database.write(set_trust, ACTOR, stage.world.resource, trusted=True)
    grant = await stage.database.write(
        authorize_connection,
        stage.world.vault,
        session_id=session_id,
        who=SignedIn(stage.world.person, "Alice"),
        address="192.0.2.1",
        node="n",
    )
    assert grant.certificate is None
    await stage.end(session_id)
    await stage.turn()


async def _no_pin(grant: Grant, key: str, fingerprint: str) -> None:
    raise AssertionError("the key is pinned already")
