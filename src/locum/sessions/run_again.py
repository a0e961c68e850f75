"""Has the worker try a session's next step now, instead of when its wait after a failure is over."""

from __future__ import annotations

from uuid import UUID

from locum.audit import log as audit
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.kit.pause import refuse_if_paused
from locum.sessions import transition
from locum.sessions.advance import move_now
from locum.sessions.lifecycle import Consult, Nothing, Wait


def run_again(tx: Tx, actor: Actor, session_id: UUID) -> None:
    """Make the session's job due now. The caller rings the worker after the commit.

    Raises NotFound, and Conflict where `lifecycle` has nothing to do now, a worker is at it, or Locum is paused.
    """
    refuse_if_paused(tx)
    session = transition.get(tx, session_id, hold=True)
    match move_now(tx, session):
        case Nothing():
            raise Conflict("the session is over: there is nothing left to do")
        case Consult():
            raise Conflict("the session waits for its approvers")
        case Wait(until):
            raise Conflict(f"the session has nothing to do before {until:%Y-%m-%dT%H:%M:%SZ}")
    if not jobs.run_now(tx, transition.JOB, session_id):
        raise Conflict("a worker is at it now, or will be in a moment")
    transition.say(tx, session_id, f"{actor.name} has it tried again now")
    audit.record(tx, actor, "session.run_again", object_kind="session", object_id=session_id)
