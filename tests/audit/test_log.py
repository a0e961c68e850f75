"""Recording: in the caller's transaction, cleaned of secrets, whatever the texts from outside look like."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locum.audit.classify import KEYS
from locum.audit.log import MAX_KEYS, record
from locum.audit.model import audit_event, audit_pending
from locum.audit.seal import Event
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, Tx

pytestmark = pytest.mark.anyio

MALLORY = Actor(UUID(int=9), "mallory", "192.0.2.1")


def last(database: Database) -> Event:
    query = sa.select(audit_event).order_by(audit_event.c.id.desc())
    found = database.submit_read(lambda tx: tx.first(Event, query)).result()
    assert found is not None
    return found


async def test_an_event_says_who_did_what_to_what(database: Database) -> None:
    await database.write(
        record,
        MALLORY,
        "policy.added",
        object_kind="policy",
        object_id=UUID(int=5),
        detail={"role": "user", "count": 2},
    )
    event = last(database)
    assert (event.actor_id, event.actor_name, event.address) == (UUID(int=9), "mallory", "192.0.2.1")
    assert (event.action, event.object_kind, event.object_id) == ("policy.added", "policy", UUID(int=5))
    assert event.outcome == "ok"
    assert event.detail == '{"count":2,"role":"user"}'
    assert await database.read(lambda tx: tx.scalars(sa.select(audit_pending.c.event_id))) == [event.id]


async def test_it_stands_or_falls_with_the_change(database: Database) -> None:
    def change(tx: Tx) -> None:
        record(tx, LOCUM, "policy.added")
        raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        await database.write(change)
    for table in (audit_event, audit_pending):
        assert await database.read(lambda tx, t=table: tx.scalar(sa.select(sa.func.count()).select_from(t))) == 0


async def test_an_unlisted_detail_does_not_get_in(database: Database) -> None:
    await database.write(record, LOCUM, "x.done", detail={"password": "canary-44c1", "reason": "expired"})
    event = last(database)
    assert json.loads(event.detail) == {"password": "(withheld)", "reason": "expired"}

    def everything(tx: Any) -> str:
        return str(tx.scalars(sa.select(sa.cast(audit_event.c.detail, sa.String) + audit_event.c.actor_name)))

    assert "canary" not in await database.read(everything)


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 5000, "", "é" * 300, "\x1b[2J"])
async def test_no_name_from_outside_makes_it_fail(database: Database, name: str) -> None:
    await database.write(record, Actor(None, name, name), "signin.refused", detail={"reason": name, name: name})
    event = last(database)
    assert len(event.actor_name) <= 256
    assert len(event.address or "") <= 64
    assert "\x00" not in event.detail


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=3000), keys=st.integers(0, MAX_KEYS))
def test_a_detail_always_fits_and_is_json(database: Database, text: str, keys: int) -> None:
    names = sorted(KEYS)[:keys]
    database.submit_write(record, LOCUM, "x.done", detail=dict.fromkeys(names, text + "\x01" * 700)).result()
    event = last(database)
    assert len(event.detail) <= 8000
    assert list(json.loads(event.detail)) == names


async def test_too_many_details_are_a_mistake_in_the_program(database: Database) -> None:
    with pytest.raises(ValueError, match="at most 16"):
        await database.write(record, LOCUM, "x.done", detail={str(i): i for i in range(17)})
