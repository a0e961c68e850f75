"""What an administrator should look at: only what is wrong now, in a statement for each kind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.actions.plan import PlannedStep
from locum.credentials.model import Method, Verified, credential, managed_user
from locum.identities.model import api_key, identity, local_login
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.reads.attention import SHOWN, Concern, Kind, attention
from locum.resources.model import unreached
from locum.sessions.ledger import intend
from locum.sessions.model import access_session, connection, ledger_entry
from locum.sessions.node_model import node_life
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, lock, make_world

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)


async def found(database: Database) -> dict[Kind, list[Concern]]:
    with selects(database) as seen:
        kinds = await database.read(attention, archiving_node="n")
    assert len(seen) == len(kinds) == len(Kind)
    assert all(one.total == len(one.first) for one in kinds)
    return {one.kind: one.first for one in kinds}


async def test_where_all_is_well_there_is_nothing(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    assert await found(database) == {kind: [] for kind in Kind}


async def test_changes_that_could_not_be_taken_back(database: Database, tmp_path: Path) -> None:
    """What fails while a session is made is its own worry; once it ends, rights may stay."""
    world = await make_world(database, tmp_path)

    def failing(tx: Tx) -> object:
        asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
        session = request_session(tx, ACTOR, asked, node="n")
        steps = [PlannedStep("account"), PlannedStep("sudoers")]
        intend(tx, session_id=session, resource_id=world.resource, steps=steps)
        tx.run(sa.update(ledger_entry).values(failures=1, last_error="web01 does not answer"))
        return session

    session = await database.write(failing)
    assert (await found(database))[Kind.GRANT] == []
    await database.write(lambda tx: tx.run(sa.update(access_session).values(status=2, outcome=3)))
    (concern,) = (await found(database))[Kind.GRANT]
    assert (concern.id, concern.name, concern.place) == (session, "Alice", "web01")
    assert concern.problem == "web01 does not answer"
    await database.write(lambda tx: tx.run(sa.update(ledger_entry).values(state="reverted", reverted_at=tx.now)))
    assert (await found(database))[Kind.GRANT] == []


async def test_secrets_that_could_not_be_changed(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def manage(tx: Tx) -> None:
        tx.add(
            managed_user,
            id=new_id(),
            credential_id=tx.scalar(sa.select(credential.c.id)),
            resource_id=world.resource,
            method=Method.AUTOMATIC,
            status=Verified.VERIFIED,
            created_at=tx.now,
            modified_at=tx.now,
        )

    await database.write(manage)
    assert (await found(database))[Kind.CREDENTIAL] == []
    for wrong in ({"status": Verified.MISMATCH}, {"status": Verified.CHANGED, "last_error": "refused"}):
        await database.write(lambda tx, wrong=wrong: tx.run(sa.update(managed_user).values(**wrong)))
        (concern,) = (await found(database))[Kind.CREDENTIAL]
        assert (concern.name, concern.place, concern.problem) == ("locum", "web01", wrong.get("last_error"))
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    assert (await found(database))[Kind.CREDENTIAL] == []


async def test_hosts_that_do_not_answer(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    since = dt.datetime.now(dt.UTC)
    row = {"resource_id": world.resource, "since": since, "reason": "connection refused"}
    await database.write(lambda tx: tx.add(unreached, **row))
    (concern,) = (await found(database))[Kind.HOST]
    assert concern == Concern(world.resource, "web01", None, since, "connection refused")


async def test_recordings_that_wait_for_the_archive(database: Database, tmp_path: Path) -> None:
    """Those that should have moved by now: of this node and of others that live, not of one that has left."""
    world = await make_world(database, tmp_path)

    def connections(tx: Tx) -> list[UUID]:
        asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
        session = request_session(tx, ACTOR, asked, node="n")
        tx.add(node_life, node="other", seen_at=tx.now)
        made = []
        for node, minutes, more in (
            ("other", 30, {}),
            ("n", 20, {}),
            ("n", 1, {}),
            ("left", 20, {}),
            ("n", 20, {"recorded": False}),
            ("n", 20, {"recording_archived_at": tx.now}),
            ("n", 20, {"recording_deleted_at": tx.now}),
        ):
            closed = tx.now - dt.timedelta(minutes=minutes)
            row = {
                "id": new_id(), "session_id": session, "identity_id": world.person, "node": node, "address": "::1",
                "recorded": True, "opened_at": closed, "closed_at": closed, **more,
            }  # fmt: skip
            tx.add(connection, **row)
            made.append(row["id"])
        return made

    first, second, *_ = await database.write(connections)
    concerns = (await found(database))[Kind.RECORDING]
    assert [(one.id, one.name, one.place) for one in concerns] == [
        (first, "Alice", "web01"),
        (second, "Alice", "web01"),
    ]


async def test_keys_that_expire_soon(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def keys(tx: Tx) -> None:
        for name, days in (("gone", -1), ("soon", 13), ("sooner", 1), ("late", 15), ("for good", None)):
            tx.add(
                api_key,
                id=new_id(),
                identity_id=world.person,
                name=name,
                digest=name.encode().ljust(32),
                expires_at=None if days is None else tx.now + days * DAY,
                created_at=tx.now,
            )

    await database.write(keys)
    concerns = (await found(database))[Kind.API_KEY]
    assert [(one.id, one.name, one.place) for one in concerns] == [
        (world.person, "Alice", "sooner"),
        (world.person, "Alice", "soon"),
    ]
    await database.write(lambda tx: tx.run(sa.update(api_key).values(revoked_at=tx.now)))
    assert (await found(database))[Kind.API_KEY] == []


async def test_who_can_t_sign_in(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def wrong_passwords(tx: Tx) -> dt.datetime:
        until = tx.now + DAY
        mine = local_login.c.identity_id == world.person
        tx.run(sa.update(local_login).where(mine).values(locked_until=until))
        tx.run(sa.update(local_login).where(~mine).values(locked_until=tx.now - DAY))
        return until

    until = await database.write(wrong_passwords)
    (concern,) = (await found(database))[Kind.ACCOUNT]
    assert (concern.id, concern.name, concern.at) == (world.person, "Alice", until)
    await database.write(lock, world.stranger)
    assert [(one.name, one.at is None) for one in (await found(database))[Kind.ACCOUNT]] == [
        ("Alice", False),
        ("Mallory", True),
    ]


def plan(database: Database, statement: str) -> str:
    """How SQLite looks for what the statement asks for."""
    with database.engine.connect() as connected:
        steps = connected.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (None,) * statement.count("?"))
        return "\n".join(str(step[-1]) for step in steps)


async def test_where_recordings_stay_none_is_looked_for(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    with selects(database) as seen:
        kinds = await database.read(attention, archiving_node=None)
    assert len(seen) == len(Kind) - 1
    assert Kind.RECORDING in [one.kind for one in kinds]


async def test_many_are_counted_and_a_handful_shown(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lock, world.stranger)
    await copy(database, identity, world.stranger, 300, name_key="mallory-{}")
    with selects(database) as seen:
        accounts = (await database.read(attention, archiving_node="n"))[-1]
    assert len(seen) == len(Kind)
    if database.is_sqlite:
        hosts, recordings = (plan(database, one) for one in seen[2:4])
        assert "SCAN resource" not in hosts
        assert "ix_connection_not_archived" in recordings
    assert (accounts.kind, accounts.total, len(accounts.first)) == (Kind.ACCOUNT, 301, SHOWN)
