"""What is written down of somebody who types in another person's terminal: in the session's log and the audit log."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.sessions import transition
from locum.sessions.model import connection


class Assist(StrEnum):
    """What happens, in the words of the audit log."""

    BEGUN = "connection.assisted"
    TAKEN_OVER = "connection.taken_over"
    GIVEN_BACK = "connection.given_back"
    ENDED = "connection.assist_ended"


_WORDS = {
    Assist.BEGUN: "{} begins to assist: both can type",
    Assist.TAKEN_OVER: "{} takes over: the user's input is not passed on",
    Assist.GIVEN_BACK: "{} gives the terminal back to the user",
    Assist.ENDED: "{} no longer assists",
}


def note_assist(tx: Tx, actor: Actor, connection_id: UUID, what: Assist) -> None:
    """Before it is so. An end is written after it."""
    session_id = tx.scalar(sa.select(connection.c.session_id).where(connection.c.id == connection_id))
    transition.say(tx, session_id, _WORDS[what].format(actor.name))
    audit.record(
        tx,
        actor,
        what,
        object_kind="session",
        object_id=session_id,
        detail={"connection": str(connection_id)},
    )
