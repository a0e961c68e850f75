"""Where a resource is and how Locum gets in; the first host key stays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from locum.actions.target import locate, pin_host_key
from locum.audit.model import audit_event
from locum.connectors.base import Target
from locum.credentials.add import add_credential
from locum.credentials.model import AuthenticationMethod, credential
from locum.credentials.ssh_key import read
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid
from locum.resources.add import get_resource
from locum.resources.model import resource
from locum.vault.secret import Secret
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def change(database: Database, table: sa.Table, **values: Any) -> None:
    await database.write(lambda tx: tx.run(sa.update(table).values(**values)))


async def target(database: Database, world: World) -> Target:
    connector, found = await database.read(locate, world.vault, world.resource)
    assert connector == "linux"
    return found


async def test_a_target_has_the_service_accounts_secrets(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    assert await target(database, world) == Target(
        host="127.0.0.1",
        port=1,
        username="locum",
        password=Secret("a password"),
        private_key=None,
        trusted_host_key=None,
        accept_first=True,
        elevation="sudo",
    )


async def test_a_key_and_the_dns_name_do_as_well(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = await database.write(
        add_credential,
        world.vault,
        ACTOR,
        username="by-key",
        authentication_method=AuthenticationMethod.SSH_KEY_AND_PASSWORD,
        private_key=read(Secret(key)),
        password=Secret("both"),
    )
    await change(
        database,
        resource,
        service_account_id=account.id,
        ip_address=None,
        dns_name="web01.example.org",
        trusted_host_key="ssh-ed25519 AAAA",
        accept_host_key_on_first_discovery=False,
    )
    found = await target(database, world)
    assert (found.host, found.username, found.password) == ("web01.example.org", "by-key", Secret("both"))
    assert found.private_key is not None
    assert found.private_key.reveal().startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    assert (found.trusted_host_key, found.accept_first) == ("ssh-ed25519 AAAA", False)


async def test_root_needs_no_elevation_and_a_chosen_one_counts(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for username, command, elevation in (
        ("locum", None, "sudo"),
        ("root", None, None),
        ("locum", "doas", "doas"),
        ("root", "sudo", "sudo"),
    ):
        await change(database, credential, username=username, elevation_command=command)
        assert (await target(database, world)).elevation == elevation


async def test_without_a_service_account_there_is_no_way_in(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await change(database, resource, service_account_id=None)
    with pytest.raises(Invalid, match="web01 has no service account"):
        await target(database, world)


async def test_the_first_host_key_is_pinned_and_stays(database: Database, tmp_path: Path) -> None:
    """RES-11: of many that come at once, too, one is kept, and who saw another key is refused."""
    world = await make_world(database, tmp_path)
    came = await asyncio.gather(
        *(
            database.write(pin_host_key, world.resource, key=f"ssh-ed25519 {n}", thumbprint=f"SHA256:{n}")
            for n in range(6)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Forbidden) for outcome in came) == 5
    pinned = await database.read(get_resource, world.resource)
    assert pinned.trusted_host_key is not None
    number = pinned.trusted_host_key.split()[1]
    assert (pinned.trusted_thumbprint, pinned.discovered_thumbprint) == (f"SHA256:{number}", f"SHA256:{number}")
    with pytest.raises(Forbidden):
        await database.write(pin_host_key, world.resource, key="ssh-ed25519 other", thumbprint="SHA256:other")
    await database.write(
        pin_host_key, world.resource, key=pinned.trusted_host_key, thumbprint=str(pinned.trusted_thumbprint)
    )
    assert await database.read(get_resource, world.resource) == pinned
    audited = sa.select(sa.func.count()).where(audit_event.c.action == "resource.host_key_pinned")
    assert await database.read(lambda tx: tx.scalar(audited)) == 1
