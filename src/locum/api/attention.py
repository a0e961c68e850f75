"""/api/locum/v1/Attention: what an administrator should look at, and how many sessions there were."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, Out, Time, at
from locum.kit.db import ReadTx
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.reads import attention as reads
from locum.reads.attention import Kind
from locum.reads.session_figures import DAY_SECONDS, DayFigures, by_day

CERTIFICATE_EXPIRES_SOON = dt.timedelta(days=30)
_FIRST_DAY = dt.date(1970, 1, 1)


class Concern(Out):
    """`id` is that of the session, credential, resource, recording, application or person; `place` the resource, or the
    key's name."""

    id: UUID = NIL
    name: str = ""
    place: str | None = None
    at_date_time_utc: Time | None = None
    problem: str | None = None


class Concerns(Out):
    """`kind`: grant, credential, host, recording (waits for the archive), api_key, account or certificate (the server's
    own, for HTTPS).

    `total` counts all, `first` are the most urgent.
    """

    kind: str = ""
    total: int = 0
    first: list[Concern] = msgspec.field(default_factory=list)


class SessionDay(Out):
    """A day as yyyy-MM-dd. `failed` and `denied` (or given up) are among its `total`."""

    date: str = ""
    total: int = 0
    failed: int = 0
    denied: int = 0


class DaysQuery(In):
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    offset_minutes: Annotated[int, msgspec.Meta(ge=-840, le=840)] = 0


@operation(
    "Attention.Get",
    "GET /api/locum/v1/Attention",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    summary="Rights that would not go, secrets that would not change, hosts down, recordings not archived, ends, locks",
)
def get_attention(tx: ReadTx, call: Call[None, None, None]) -> list[Concerns]:
    api = call.api
    found = reads.attention(tx, archiving_node=api.node if api.archive else None)
    problem = {Kind.RECORDING: api.archive_trouble()}
    kinds = [
        Concerns(kind=one.kind, total=one.total, first=[_view(row, problem.get(one.kind)) for row in one.first])
        for one in found
    ]
    held = api.certificate
    first = []
    if held is not None and held.ends - CERTIFICATE_EXPIRES_SOON < tx.now:
        first = [Concern(name=held.name, at_date_time_utc=at(held.ends))]
    return [*kinds, Concerns(kind="certificate", total=len(first), first=first)]


@operation(
    "Attention.SessionDays",
    "GET /api/locum/v1/Attention/SessionDays",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    problems=(400,),
    summary="How many sessions were asked for on each of the last days, and how many failed or were not approved",
)
def get_session_days(tx: ReadTx, call: Call[None, DaysQuery, None]) -> list[SessionDay]:
    """Every day, oldest first, today last. Days begin `offsetMinutes` before those of UTC."""
    offset, days = call.query.offset_minutes, call.query.days
    today = int(tx.now.timestamp() + offset * 60) // DAY_SECONDS
    found = {one.day: one for one in by_day(tx, today - days + 1, offset)}
    return [_day(day, found.get(day)) for day in range(today - days + 1, today + 1)]


def _day(day: int, found: DayFigures | None) -> SessionDay:
    date = str(_FIRST_DAY + dt.timedelta(days=day))
    if found is None:
        return SessionDay(date=date)
    return SessionDay(date=date, total=found.total, failed=found.failed, denied=found.denied)


def _view(row: reads.Concern, problem: str | None) -> Concern:
    said = row.problem or problem
    return Concern(id=row.id, name=row.name, place=row.place, at_date_time_utc=at(row.at), problem=said)
