"""Figures about sessions: each one statement, whatever there is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from locum.kit.db import Database
from locum.kit.ids import new_id
from locum.reads.session_figures import count, figures, open_accounts, open_resources, top_users
from locum.reads.sessions import Filter
from locum.sessions.lifecycle import Status
from reads.test_sessions import ask
from statements import selects
from world import make_world

pytestmark = pytest.mark.anyio

BEGAN = dt.datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=dt.UTC)


async def test_lengths_are_those_of_sessions_that_started(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await ask(database, world)
    for minutes in (1, 3):
        end = BEGAN + dt.timedelta(minutes=minutes)
        await ask(database, world, status=Status.COMPLETE, actual_start=BEGAN, actual_end=end)
    with selects(database) as statements:
        found = await database.read(figures, Filter(), None)
        (top,) = await database.read(top_users, Filter(), None, 5)
    assert len(statements) == 2
    lengths = found.sum_duration, found.avg_duration, found.min_duration, found.max_duration
    assert (found.count_sessions, lengths) == (3, (240, 120, 60, 180))
    assert (top.managed_account_id, top.managed_account_name) == (world.person, "Alice")
    assert (top.count_sessions, top.sum_duration) == (3, 240)


async def test_a_live_session_lasts_until_now(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await ask(database, world, status=Status.ACTIVE, actual_start=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    assert 3590 < (await database.read(figures, Filter(), None)).max_duration < 4200


async def test_the_text_and_the_bounds_of_a_key_hold_for_figures_too(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await ask(database, world, note="urgent", search_key="urgent")
    for which, text, expected in (
        (Filter(), "URGENT", 1),
        (Filter(), "ali%", 0),
        (Filter(policies=frozenset({world.policy})), "Alice", 1),
        (Filter(policies=frozenset()), None, 0),
    ):
        assert (await database.read(figures, which, text)).count_sessions == expected
        assert len(await database.read(top_users, which, text, 5)) == expected
    assert await database.read(count, None) == 1
    assert await database.read(count, None, policies=frozenset()) == 0
    assert await database.read(count, frozenset({Status.ACTIVE})) == 0
    assert await database.read(count, None, resource_id=new_id()) == 0
    assert await database.read(open_resources, None, frozenset({world.policy})) == 0
    assert await database.read(open_accounts, frozenset({world.policy})) == 0
