"""What each lease leaves in the audit log, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audited import Event, events
from leasing import Leasing, make_leasing, unreachable
from locum.credentials.model import PostSession
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database
from locum.sessions import lease as leases
from locum.sessions.model import Lease
from world import make_world

pytestmark = pytest.mark.anyio

ACTIONS = (
    "lease.checked_out",
    "lease.account_switched",
    "lease.active",
    "lease.extended",
    "lease.revealed",
    "lease.ending",
    "lease.stuck",
    "lease.ended",
)


def by(here: Leasing, made: Lease, actor: Actor, action: str, outcome: str = "ok", **detail: Any) -> Event:
    shown = {"lease": str(made.id), **detail}
    return (action, actor.id, actor.name, actor.address, "credential", here.credential_id, outcome, shown)


async def test_a_lease_s_life(database: Database, tmp_path: Path) -> None:
    here = make_leasing(database, await make_world(database, tmp_path), post_session=PostSession.DISABLE)
    made = here.check_out(minutes=5, note="not in the log", ticket="nor this")
    await here.turn()
    longer = database.submit_write(leases.extend, here.robot, made.id, 10).result()
    here.reveal(made.id)
    here.target.fails = unreachable
    here.check_in(made.id)
    for _ in range(2):
        here.hurry()
        await here.turn()
    here.target.fails = lambda deed: None
    here.hurry()
    await here.turn()
    deadline = longer.due_at.isoformat(timespec="seconds")
    words = "the host does not answer"
    assert events(database, *ACTIONS) == [
        by(here, made, here.robot, "lease.checked_out", minutes=5, exclusive=True),
        by(here, made, LOCUM, "lease.account_switched", state="enabled"),
        by(here, made, LOCUM, "lease.active"),
        by(here, made, here.robot, "lease.extended", deadline=deadline),
        by(here, made, here.robot, "lease.revealed"),
        by(here, made, here.robot, "lease.ending", reason="checked in"),
        by(here, made, LOCUM, "lease.stuck", "failed", reason=words, state="ending"),
        by(here, made, LOCUM, "lease.account_switched", state="settled"),
        by(here, made, LOCUM, "lease.ended", reason=""),
    ]
