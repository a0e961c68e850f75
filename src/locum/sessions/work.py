"""What working on a session needs, and how a session that can't be worked on now is put off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from locum.activities.read import connection_profile_of
from locum.connectors.base import Connector, Target
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.jobs import Job
from locum.kit.wake import Wake
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, LogLevel
from locum.vault.store import Vault

Connect = Callable[[str, Target], AbstractAsyncContextManager[Connector]]
"""Opens a connection to a target through the connector of that name."""


@dataclass(frozen=True, slots=True)
class SessionWork:
    """What advancing a session needs. `changed` rings after every change of a session's state."""

    db: Database
    vault: Vault
    connect: Connect
    changed: Wake


def give_back(tx: Tx, held: Job, session: AccessSession, error: str, *, level: LogLevel) -> None:
    """A target could not be worked on: say so where people look, and try again later; to make access when its
    connection profile says, and never the later to take it away."""
    deadline = session.scheduled_end if session.status in (Status.PENDING, Status.ACTIVE) else None
    wait = None
    if session.status == Status.PENDING:
        seconds = connection_profile_of(tx, session.profile_id).session_retry_interval
        wait = dt.timedelta(seconds=seconds) if seconds else None
    again_at = jobs.failed(tx, held, error, no_later_than=deadline, wait=wait)
    wait_s = max((again_at - tx.now).total_seconds(), 0)
    transition.say(tx, session.id, f"{error}; trying again in {wait_s:.0f} s", level)
