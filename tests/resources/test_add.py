"""Onboarding a host: by name or address, once, and with nothing in it that a shell or an SSH client obeys."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.add import add_resource, get_resource
from locum.resources.model import Resource, TrustAction, platform, resource
from locum.resources.platforms import platforms
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    await make_world(database, tmp_path)
    return database


async def add(database: Database, **values: Any) -> Resource:
    return await database.write(add_resource, ACTOR, **{"name": None, **values})


@pytest.mark.parametrize(
    ("given", "name", "address"),
    [
        ({"name": "db01"}, "db01", "db01"),
        ({"name": "db01.example.org."}, "db01.example.org.", "db01.example.org."),
        ({"name": "Database 1", "ip_address": "192.0.2.7"}, "Database 1", "192.0.2.7"),
        ({"name": "db", "dns_name": "db01.example.org"}, "db", "db01.example.org"),
        ({"dns_name": "db01.example.org"}, "db01.example.org", "db01.example.org"),
        ({"ip_address": "2001:db8::7"}, "2001:db8::7", "2001:db8::7"),
        ({"name": "db", "dns_name": "db01", "ip_address": "192.0.2.7"}, "db", "192.0.2.7"),
    ],
)
async def test_a_host_by_name_or_address(filled: Database, given: dict[str, str], name: str, address: str) -> None:
    made = await add(filled, **given)
    assert (made.name, made.address, made.port_ssh) == (name, address, 22)
    assert (made.trusted_host_key, made.ssh_trust_action) == (None, TrustAction.BLOCK)
    assert await filled.read(get_resource, made.id) == made


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "two words"},
        {"name": "a" * 64},
        {"name": ".".join(["a" * 60] * 5)},
        {"name": "-oProxyCommand=reboot"},
        {"name": "a;reboot"},
        {"name": "a\nb", "ip_address": "192.0.2.7"},
        {"name": "x", "dns_name": "a..b"},
        {"name": "x", "dns_name": "ｗｅｂ"},
        {"name": "x", "ip_address": "192.0.2"},
        {"name": "x", "ip_address": "fe80::1%eth0"},
        {"name": "x", "port_ssh": 0},
        {"name": "x", "port_ssh": 65_536},
        {"name": "x", "platform_id": UUID(int=7)},
        {"name": "x", "service_account_id": UUID(int=7)},
    ],
    ids=str,
)
async def test_what_is_no_host_is_refused(filled: Database, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await add(filled, **given)
    assert await filled.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(resource))) == 1


async def test_a_name_is_taken_in_every_spelling(filled: Database) -> None:
    await add(filled, name="a b", ip_address="192.0.2.7")
    for name in ("A_B", " a b ", "ａ b"):
        with pytest.raises(Conflict):
            await add(filled, name=name, ip_address="192.0.2.8")


async def test_platforms_by_name(filled: Database) -> None:
    def another(tx: Any) -> None:
        tx.add(platform, id=new_id(), name="Debian", connector="linux", created_at=tx.now, modified_at=tx.now)

    await filled.write(another)
    found = await filled.read(platforms)
    assert [(row.name, row.connector) for row in found] == [
        ("Debian", "linux"),
        ("Linux", "linux"),
        ("MySQL", "mariadb"),
        ("PostgreSQL", "postgresql"),
        ("Secret Vault", "secret_vault"),
    ]
    assert (await add(filled, name="db01")).platform_id == found[1].id
    assert (await add(filled, name="db02", platform_id=found[0].id)).platform_id == found[0].id


async def test_an_unknown_id_is_not_found(filled: Database) -> None:
    with pytest.raises(NotFound):
        await filled.read(get_resource, new_id())
