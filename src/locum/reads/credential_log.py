"""The log of a credential's job: what was done when and what came of it, never a secret.

Nothing is written for it. A change's lines are the times of its rotations and of those who depended on the secret, with
what the audit log has of its steering; a verification's are its audit rows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from locum.audit.model import audit_event
from locum.credentials.model import Verified
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx
from locum.kit.ids import NIL
from locum.kit.paging import Listed, fetch
from locum.reads.credential_jobs import CredentialJob, Kind
from locum.reads.log_lines import LinesAsked
from locum.resources.model import resource
from locum.rotation.model import Reason, State, UpdateState, dependant, dependant_update, rotation
from locum.sessions.model import LogLevel


class JobLine(msgspec.Struct, frozen=True):
    """One line, for people."""

    at: dt.datetime
    level: int
    text: str


class _Line(msgspec.Struct, frozen=True):
    at: dt.datetime
    level: int
    text: str
    detail: str | None


_r, _u, _e = rotation.c, dependant_update.c, audit_event.c
_INFO, _WARNING, _ERROR = (sa.literal(int(one)) for one in (LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR))
_JSON_TEXT = sa.String().with_variant(postgresql.JSON, "postgresql")  # SQLite reads JSON from text
_NO_DETAIL = sa.literal(None, sa.String)

_ASKED = {
    Reason.ASKED: "a change was asked for",
    Reason.SCHEDULE: "a change was due",
    Reason.CHECK_OUT: "a change for a check-out was asked for",
    Reason.RELEASE: "a change after a check-in was asked for",
    Reason.MISMATCH: "a change was asked for: the target had another secret than the vault",
    Reason.ROLLBACK: "the previous secret is to be put back",
}
_ENDED = {
    State.COMPLETED: (_INFO, "done"),
    State.COMPLETED_WITH_ERRORS: (_WARNING, "done, with errors"),
    State.COMPLETED_NOT_RUN: (_WARNING, "over, and nothing was done"),
    State.ABORTED: (_WARNING, "given up"),
    State.FAILED: (_ERROR, "failed"),
}
_TOLD = {
    UpdateState.UPDATED: (_INFO, "has it too"),
    UpdateState.REVERTED: (_WARNING, "has the one before again"),
    UpdateState.FAILED: (_ERROR, "does not have it"),
}
_STEERED = {
    "rotation.paused": (_WARNING, "paused"),
    "rotation.resumed": (_INFO, "resumed"),
    "rotation.run_again": (_INFO, "to be tried at once"),
    "rotation.abort_asked": (_WARNING, "to be given up"),
}
_LOOKED = {
    Verified.VERIFIED: (_INFO, "the target takes the secret that the vault has"),
    Verified.CHANGED: (_INFO, "the target takes the secret that the vault has"),
    Verified.PENDING: (_WARNING, "the target has another secret than the vault, so a change was asked for"),
    Verified.MISMATCH: (_ERROR, "the target has another secret than the vault"),
    Verified.FAILED: (_ERROR, "the secret could not be set again"),
    Verified.UNSPECIFIED: (_ERROR, "the target gave no answer that says anything"),
}


def job_lines(tx: ReadTx, of: CredentialJob, asked: LinesAsked) -> Listed[JobLine]:
    """One page of what was done by this job: two statements."""
    parts = _changes(of.credential_id) if of.kind is Kind.ROTATION else _looks(of.credential_id)
    line = sa.union_all(*parts).subquery().c
    query: sa.Select[Any] = sa.select(line.at, line.level, line.text, line.detail)
    query = asked.of(query, at=line.at, level=line.level, texts=[line.text, line.detail])
    tie = [line.rotation_id, line.rank, line.place]
    listed = fetch(tx, _Line, query, asked.page("at"), columns={"at": line.at}, tie=tie, searched=[])
    return Listed([JobLine(one.at, one.level, _whole(one)) for one in listed.rows], listed.total)


def _whole(line: _Line) -> str:
    return f"{line.text}: {line.detail}" if line.detail else line.text


def _changes(credential_id: UUID) -> list[sa.Select[Any]]:
    """The rotations of a login, from asking to the end, and who steered them."""
    asked = sa.case({one.value: words for one, words in _ASKED.items()}, value=_r.reason)
    who = sa.case((_r.requested_by_name == LOCUM.name, ""), else_=sa.literal(" by ") + _r.requested_by_name)
    begun = sa.literal("the secret to be set is in the vault, and the target is told to take it")
    taken = sa.literal("the target takes it: it is the credential's own now")
    level, words = _either(_ENDED, _r.state)
    steps = [
        _line(1, _r.created_at, _INFO, asked + who),
        _line(3, _r.started_at, _INFO, begun),
        _line(4, _r.changed_at, _INFO, taken),
        _line(6, _r.ended_at, level, words, _r.last_error),
    ]
    mine = [one.where(_r.credential_id == credential_id) for one in steps]
    return [*mine, _told(credential_id), _steered(credential_id)]


def _told(credential_id: UUID) -> sa.Select[Any]:
    level, words = _either(_TOLD, _u.state)
    text = dependant.c.name + sa.literal(" on ") + resource.c.name + sa.literal(" ") + words
    places = (
        dependant_update.join(rotation, _r.id == _u.rotation_id)
        .join(dependant, dependant.c.id == _u.dependant_id)
        .join(resource, resource.c.id == dependant.c.resource_id)
    )
    why = sa.func.replace(_u.last_error, dependant.c.name + sa.literal(": "), "")  # it begins with the name too
    told = _line(5, _u.updated_at, level, text, why, place=_u.position).select_from(places)
    return told.where(_r.credential_id == credential_id, _u.state != UpdateState.INTENDED)


def _steered(credential_id: UUID) -> sa.Select[Any]:
    level, words = _either(_STEERED, _e.action)
    steered = _line(2, _e.at, level, words + sa.literal(" by ") + _e.actor_name, place=_e.id, rotation_id=None)
    return steered.where(_e.object_id == credential_id, _e.action.in_(list(_STEERED)))


def _looks(credential_id: UUID) -> list[sa.Select[Any]]:
    """What was asked of the target and what it said."""
    asked = _line(1, _e.at, _INFO, sa.literal("asked for by ") + _e.actor_name, place=_e.id, rotation_id=None)
    state = _of_detail("state")
    level, words = _either({one.name.lower(): said for one, said in _LOOKED.items()}, state)
    looked = _line(2, _e.at, level, words, _of_detail("reason"), place=_e.id, rotation_id=None)
    mine = _e.object_id == credential_id
    return [
        asked.where(mine, _e.action == "credential.verification_asked"),
        looked.where(mine, _e.action == "credential.verified"),
    ]


def _of_detail(key: str) -> sa.ColumnElement[Any]:
    """A text of an audit row's detail."""
    text: sa.ColumnElement[Any] = sa.type_coerce(sa.cast(_e.detail, _JSON_TEXT), sa.JSON)[key].as_string()
    return text


def _either(said: dict[Any, tuple[Any, str]], value: sa.ColumnElement[Any]) -> tuple[sa.Case[Any], sa.Case[Any]]:
    """The level and the words for a value."""
    level = sa.case({key: one for key, (one, _) in said.items()}, value=value, else_=_INFO)
    return level, sa.case({key: words for key, (_, words) in said.items()}, value=value, else_="")


def _line(
    rank: int,
    at: sa.ColumnElement[Any],
    level: sa.ColumnElement[Any],
    text: sa.ColumnElement[Any],
    detail: sa.ColumnElement[Any] = _NO_DETAIL,
    *,
    place: sa.ColumnElement[Any] | None = None,
    rotation_id: sa.ColumnElement[Any] | None = _r.id,
) -> sa.Select[Any]:
    """Lines of one kind; `rank` and `place` order those of one moment."""
    return sa.select(
        at.label("at"),
        level.label("level"),
        text.label("text"),
        detail.label("detail"),
        (sa.literal(NIL, sa.Uuid) if rotation_id is None else rotation_id).label("rotation_id"),
        sa.literal(rank).label("rank"),
        (sa.literal(0) if place is None else place).label("place"),
    ).where(at.is_not(None))
