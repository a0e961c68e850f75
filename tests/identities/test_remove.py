"""Deleting an identity: no proof of it is left, its history is, and its name is free."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.identities import api_keys, mfa, people, remove, signins
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.model import api_key, identity, sign_in
from locum.kit.actor import LOCUM
from locum.kit.db import Database, metadata
from locum.kit.errors import Conflict, NotFound
from locum.vault.model import vault_secret_version
from locum.vault.store import Vault


def rows_about(database: Database, identity_id: UUID) -> set[str]:
    """The tables that still have a row of this identity."""
    found = set()
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "identity_id" in table.c:
                mine = sa.select(sa.func.count()).where(table.c.identity_id == identity_id)
                if connection.execute(mine.select_from(table)).scalar():
                    found.add(table.name)
    return found


def secrets_kept(database: Database) -> int:
    query = sa.select(sa.func.count()).select_from(vault_secret_version)
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


def test_a_person(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    ada = world.person()
    how = {"method": "password", "address": None, "client": None}
    database.submit_write(signins.begin, digest, identity_id=ada.id, **how).result()
    assert rows_about(database, ada.id) == {"identity_role", "local_login", "recovery_code", "sign_in"}
    database.submit_write(remove.remove, vault, LOCUM, ada.id).result()
    assert rows_about(database, ada.id) == {"sign_in"}
    ended = sa.select(sign_in.c.ended_at)
    assert database.submit_read(lambda tx: tx.scalar(ended)).result() is not None
    assert secrets_kept(database) == 0
    name = sa.select(identity.c.name).where(identity.c.locked.is_(True), identity.c.deleted_at.is_not(None))
    assert database.submit_read(lambda tx: tx.scalar(name)).result() == "ada"
    for gone in (people.login_of, people.get):
        try:
            assert database.submit_read(gone, ada.id).result() is None
        except NotFound:
            continue
    assert database.submit_read(people.login_named, "ada").result() is None
    assert details(database, "identity.deleted", ada.id) == [{"name": "ada"}]
    again = world.person()
    assert again.id != ada.id
    database.submit_write(remove.remove, vault, LOCUM, again.id).result()


def test_a_half_finished_enrolment_is_forgotten(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    ada = world.person(enrolled=False)
    login = database.submit_read(people.login_of, ada.id).result()
    database.submit_write(mfa.start, vault, LOCUM, login).result()
    assert secrets_kept(database) == 1
    database.submit_write(remove.remove, vault, LOCUM, ada.id).result()
    assert secrets_kept(database) == 0


def test_an_application(database: Database, world: World, vault: Vault, digest: KeyedDigest) -> None:
    robot, other = world.application(), world.application("other")
    for who in (robot, other):
        database.submit_write(api_keys.issue, vault, digest, LOCUM, who.id).result()
    database.submit_write(remove.remove, vault, LOCUM, robot.id).result()
    live = sa.select(api_key.c.identity_id).where(api_key.c.revoked_at.is_(None), api_key.c.secret_id.is_not(None))
    assert database.submit_read(lambda tx: tx.scalars(live)).result() == [other.id]
    assert secrets_kept(database) == 1


def test_who_can_t_be_deleted(database: Database, world: World, vault: Vault) -> None:
    boss = world.person("boss", roles=frozenset({Role.ADMIN}))
    for who, error in ((boss.id, Conflict), (uuid4(), NotFound)):
        with pytest.raises(error):
            database.submit_write(remove.remove, vault, LOCUM, who).result()
    assert database.submit_read(people.login_named, "boss").result() is not None


def test_a_key_that_ended_before_keeps_its_end_and_another_s_keys_are_left(
    database: Database, world: World, vault: Vault, digest: KeyedDigest
) -> None:
    robot, other = world.application(), world.application("other")
    for who in (robot, robot, other):
        database.submit_write(api_keys.issue, vault, digest, LOCUM, who.id).result()
    (theirs,) = database.submit_read(api_keys.of_application, other.id).result()
    ends = sa.select(api_key.c.id, api_key.c.revoked_at).where(api_key.c.identity_id == robot.id)
    read = lambda: dict(database.submit_read(lambda tx: list(map(tuple, tx._connection.execute(ends)))).result())  # noqa: E731
    before = read()
    database.submit_write(remove.remove, vault, LOCUM, robot.id).result()
    after = read()
    assert None not in after.values()
    assert all(after[key] == end for key, end in before.items() if end is not None)
    assert database.submit_read(api_keys.of_application, other.id).result() == [theirs]
    assert database.submit_write(api_keys.reveal, vault, LOCUM, other.id).result() is not None
