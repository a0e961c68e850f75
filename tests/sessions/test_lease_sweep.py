"""What the sweep finds: leases that must end, that nobody works on, and that live too long."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from leasing import Leasing, make_leasing, unreachable
from locum.credentials.model import PostSession, credential
from locum.identities.model import identity, identity_role
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.sessions.lease_cycle import State
from locum.sessions.lease_sweep import GRACE, sweep_leases
from locum.sessions.model import lease
from world import make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> Leasing:
    return make_leasing(database, await make_world(database, tmp_path), post_session=PostSession.DISABLE)


async def sweep(here: Leasing) -> list[object]:
    found = here.database.submit_write(sweep_leases).result()
    await here.turn()
    return list(found)


@pytest.mark.parametrize("what", ["locked", "expired", "roles", "credential"])
async def test_a_lease_that_lost_its_ground_ends(here: Leasing, what: str) -> None:
    made = here.check_out()
    await here.turn()
    assert await sweep(here) == []
    assert here.get(made.id).state == State.ACTIVE

    def lose(tx: Tx) -> None:
        match what:
            case "locked":
                tx.run(sa.update(identity).values(locked=True))
            case "expired":
                tx.run(sa.update(identity).values(expires_at=tx.now))
            case "roles":
                tx.run(sa.delete(identity_role))
            case "credential":
                tx.run(sa.update(credential).values(deleted_at=tx.now))

    here.database.submit_write(lose).result()
    assert await sweep(here) == []
    assert here.get(made.id).state == State.ENDED


async def test_a_lease_without_its_job_is_taken_up(here: Leasing) -> None:
    made = here.check_out()
    await here.turn()
    here.check_in(made.id)
    here.database.submit_write(lambda tx: tx.run(sa.delete(jobs.job))).result()
    await sweep(here)
    assert here.get(made.id).state == State.ENDED


async def test_what_lives_too_long_is_answered_until_it_ends(here: Leasing) -> None:
    made = here.check_out()
    await here.turn()
    here.target.fails = unreachable
    here.check_in(made.id)
    await here.turn()
    assert await sweep(here) == []
    here.set(lease, due_at=made.created_at - GRACE - dt.timedelta(seconds=60))
    far = made.created_at + dt.timedelta(days=400)
    here.set(jobs.job, due_at=far)  # as if the clock had been set back
    assert await sweep(here) == [made.id]
    here.target.fails = lambda deed: None
    here.hurry()
    await here.turn()
    assert await sweep(here) == []
    assert here.get(made.id).state == State.ENDED
