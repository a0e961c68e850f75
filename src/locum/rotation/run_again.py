"""Has a credential's secret changed or compared now, instead of at its date or when a wait after a failure is over."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.kit.pause import refuse_if_paused
from locum.rotation import ask, rows
from locum.rotation.model import Reason, State
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB

_HELD = "a worker is at it now, or will be in a moment"


def rotate_again(tx: Tx, actor: Actor, credential_id: UUID) -> None:
    """Begin a rotation, or have the one under way tried now. The caller rings the worker after the commit.

    Raises NotFound, and Conflict where it is paused, a worker is at it, Locum is paused, or it can't be changed.
    """
    refuse_if_paused(tx)
    under_way = rows.open_rotation(tx, credential_id)
    if under_way is None:
        ask.ask_rotation(tx, actor, credential_id, Reason.ASKED)
        return
    if under_way.state == State.PAUSED:
        raise Conflict("the rotation is paused: resume it")
    if not jobs.run_now(tx, ROTATION_JOB, under_way.id):
        raise Conflict(_HELD)
    rows.say(tx, under_way, "rotation.run_again", actor=actor)


def verify_again(tx: Tx, actor: Actor, credential_id: UUID) -> None:
    """Have the secret compared now. The caller rings the worker after the commit.

    Raises NotFound, and Conflict where a worker is at it, Locum is paused, or the secret can't be compared.
    """
    refuse_if_paused(tx)
    mine = jobs.job.c.kind == VERIFICATION_JOB, jobs.job.c.subject_id == credential_id
    there = tx.scalar(sa.select(jobs.job.c.id).where(*mine)) is not None
    if there and not jobs.run_now(tx, VERIFICATION_JOB, credential_id):
        raise Conflict(_HELD)
    ask.ask_verification(tx, actor, credential_id)


def give_up(tx: Tx, actor: Actor, credential_id: UUID) -> None:
    """Abort the rotation under way. Raises Conflict where there is none, and where a secret is being put back."""
    found = rows.open_rotation(tx, credential_id)
    if found is None:
        raise Conflict("no rotation is under way: nothing is there to give up until the next date")
    if found.abort_asked:
        raise Conflict("the rotation is being given up already")
    if found.reason == Reason.ROLLBACK and found.started_at is not None:
        raise Conflict("a secret is being put back: that is brought to its end")
    ask.abort(tx, actor, found.id)
