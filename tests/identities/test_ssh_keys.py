"""Registering, finding and removing SSH keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import asyncssh
import pytest
import sqlalchemy as sa

from identities_world import World
from locum.audit.model import audit_event
from locum.identities import ssh_keys
from locum.identities.model import identity
from locum.identities.ssh_keys import MOST, Proof, SshKey
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, LocumError, NotFound, Unauthenticated
from locum.kit.ids import new_id
from software_security_key import SecurityKey

Register = Callable[..., SshKey]


@pytest.fixture
def register(database: Database) -> Register:
    def add(owner: UUID, line: str, name: str = "laptop") -> SshKey:
        actor = Actor(owner, "ada")
        return database.submit_write(ssh_keys.register, actor, owner, name=name, line=line).result()

    return add


def plain() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


def audited(database: Database, action: str) -> list[dict[str, str]]:
    found = sa.select(audit_event.c.detail).where(audit_event.c.action == action)
    return [json.loads(row) for row in database.submit_read(lambda tx: tx.scalars(found)).result()]


def find(database: Database, name: str, key: SshKey) -> SshKey | None:
    return database.submit_read(ssh_keys.find, name, key.public_key).result()


def test_a_key_is_found_by_its_owner_in_any_spelling_and_by_nobody_else(
    database: Database, world: World, register: Register
) -> None:
    ada, eve = world.person("ada"), world.person("eve")
    key = register(ada.id, f"{plain().strip()} ada@laptop", name="  laptop ")
    assert (key.name, key.proof, key.last_used_at) == ("laptop", Proof.SSH_KEY, None)
    assert find(database, "ADA", key) == key
    for name in ("eve", "nobody", "", "a\0b"):
        assert find(database, name, key) is None
    assert database.submit_read(ssh_keys.keys_of, eve.id).result() == []
    assert audited(database, "ssh_key.added") == [
        {"identity": "ada", "name": "laptop", "fingerprint": key.fingerprint}
    ]


def test_a_security_key_is_known_as_one(world: World, register: Register) -> None:
    assert register(world.person("ada").id, SecurityKey().line).proof is Proof.SECURITY_KEY


def test_two_people_may_have_one_key_and_one_person_not_twice(world: World, register: Register) -> None:
    line = plain()
    ada, eve = world.person("ada"), world.person("eve")
    register(ada.id, line)
    register(eve.id, line)
    with pytest.raises(Conflict, match="registered already"):
        register(ada.id, f"{line.strip()} other comment", name="other")


def test_a_person_has_at_most_fifty(world: World, register: Register, database: Database) -> None:
    ada = world.person("ada")
    for number in range(MOST):
        key = register(ada.id, SecurityKey().line, name=f"{number:02}")
    with pytest.raises(Conflict, match="50 keys"):
        register(ada.id, plain())
    names = [one.name for one in database.submit_read(ssh_keys.keys_of, ada.id).result()]
    assert names == [f"{number:02}" for number in range(MOST)]
    database.submit_write(ssh_keys.remove, Actor(ada.id, "ada"), key.id).result()
    register(ada.id, plain())


@pytest.mark.parametrize("name", ["", "  ", "x" * 257, "a\nb", "a\x1b[31m"])
def test_a_key_needs_a_name(world: World, register: Register, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(world.person("ada").id, plain(), name=name)
    assert refused.value.field == "name"


def test_only_local_users_have_keys(world: World, register: Register) -> None:
    for nobody in (world.application("robot").id, new_id()):
        with pytest.raises(Forbidden, match="only local users"):
            register(nobody, plain())


def test_a_removed_key_is_gone(database: Database, world: World, register: Register) -> None:
    ada = world.person("ada")
    key = register(ada.id, plain())
    admin = Actor(None, "admin")
    database.submit_write(ssh_keys.remove, admin, key.id).result()
    assert find(database, "ada", key) is None
    gone: tuple[tuple[type[LocumError], Callable[[Tx], object]], ...] = (
        (NotFound, lambda tx: ssh_keys.remove(tx, admin, key.id)),
        (NotFound, lambda tx: ssh_keys.one(tx, key.id)),
        (Unauthenticated, lambda tx: ssh_keys.used(tx, key)),
    )
    for kind, unit in gone:
        with pytest.raises(kind):
            database.submit_write(unit).result()
    assert audited(database, "ssh_key.removed") == [
        {"identity": "ada", "name": "laptop", "fingerprint": key.fingerprint}
    ]


def test_its_last_use_is_kept(database: Database, world: World, register: Register) -> None:
    key = register(world.person("ada").id, plain())
    database.submit_write(ssh_keys.used, key).result()
    used = find(database, "ada", key)
    assert used is not None
    assert used.last_used_at is not None
    assert used.last_used_at >= key.created_at


def test_the_key_of_a_deleted_person_is_nobodys(database: Database, world: World, register: Register) -> None:
    key = register(world.person("ada").id, plain())
    database.submit_write(lambda tx: tx.run(sa.update(identity).values(deleted_at=tx.now))).result()
    assert find(database, "ada", key) is None
