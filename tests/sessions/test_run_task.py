"""A task whose host goes away in the middle, or whose time runs out; tests/story/test_tasks.py has the rest."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from demo import hosts
from locum.kit import jobs
from locum.kit.db import Tx
from locum.sessions import ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from stage import Stage
from task_activity import make_task, script

pytestmark = pytest.mark.anyio

MARK = "/var/tmp/task"
CUT = """
p=$$
until case $(tr '\\0' ' ' < /proc/$p/cmdline) in sshd*) true ;; *) false ;; esac; do
  p=$(awk '/^PPid/ { print $2 }' /proc/$p/status)
done
kill -KILL $p
sleep 500
"""
"""Ends the connection that runs it."""


@pytest.mark.parametrize("repeatable", ["false", "true"])
async def test_a_connection_that_breaks_in_the_middle(stage: Stage, repeatable: str) -> None:
    text = f"echo once >> {MARK}; [ $(wc -l < {MARK}) -gt 1 ] || {{ {CUT} }}"
    step = script(text, timeout_s=600, parameters={"repeatable": repeatable})
    await make_task(stage.database, stage.world, step)
    session_id = await stage.ask(activity_id=stage.world.shell)
    await stage.turn()

    def now(tx: Tx) -> None:
        jobs.schedule(tx, transition.JOB, session_id, due_at=tx.now)

    await stage.database.write(now)
    await stage.turn()
    log = await stage.log(session_id)
    runs = hosts.run(stage.host, f"wc -l < {MARK}; rm {MARK}").strip()
    session = await stage.session(session_id)
    if repeatable == "true":
        assert (session.status, runs) == (Status.COMPLETE, "2"), log
        assert "trying again in" in log
    else:
        assert (session.status, runs) == (Status.FAILED, "1"), log
        assert ledger.UNKNOWN in (session.status_description or "")
    assert hosts.run(stage.host, "pgrep -fx 'sleep 500'", check=False) == ""


async def test_a_task_ends_when_its_time_is_over(stage: Stage) -> None:
    await make_task(stage.database, stage.world, script(f"touch {MARK}; sleep 500", timeout_s=600))
    session_id = await stage.ask(activity_id=stage.world.shell)
    turn = asyncio.create_task(stage.turn())
    await asyncio.to_thread(hosts.run, stage.host, f"until [ -e {MARK} ]; do sleep 0.05; done; rm {MARK}")
    over = sa.update(access_session).where(access_session.c.id == session_id)
    await stage.database.write(lambda tx: tx.run(over.values(scheduled_end=tx.now)))
    await turn
    session = await stage.session(session_id)
    assert (session.status, session.status_description) == (
        Status.FAILED,
        "time ran out before the task was done",
    )
    assert hosts.run(stage.host, "pgrep -fx 'sleep 500'", check=False) == ""
