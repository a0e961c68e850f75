"""/api/v1/Log: what happened in all sessions, as the log files of the reference are read (AUD-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from msgspec import structs

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, at
from locum.api.wire.enums import LogLevel
from locum.api.wire.session_log import ActionLogCollection, ActionLogDto
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.reads import sessions as reads
from locum.reads.credential_log import JobLine
from locum.reads.log_lines import LinesAsked
from locum.sessions.model import LogLine

NAME = "Sessions"
LOG_ID = UUID("5e551045-0000-4000-8000-000000000001")


class LogFile(Out):
    """One log: `length` in characters."""

    id: UUID = NIL
    name: str = ""
    length: int = 0
    last_write_time: Time = NEVER


class LogName(In):
    name: Name


class LogQuery(In):
    skip: int = 0
    take: int = 100
    order_descending: bool = True
    log_level: LogLevel | None = None
    filter_text: Line | None = None

    def asked(self) -> LinesAsked:
        """What the list is asked for."""
        return LinesAsked(self.skip, self.take, self.order_descending, self.log_level, self.filter_text)


class SessionLogQuery(LogQuery):
    order_descending: bool = False
    start_date: dt.datetime | None = None
    end_date: dt.datetime | None = None

    def asked(self) -> LinesAsked:
        """What the list is asked for, with its moments."""
        return replace(super().asked(), since=self.start_date, until=self.end_date)


@operation(
    "Log.GetAll",
    "GET /api/v1/Log",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    summary="The logs there are: one, of all sessions",
)
def get_logs(tx: ReadTx, call: Call[None, None, None]) -> list[LogFile]:
    size = reads.log_size(tx)
    written = NEVER if size.last_write is None else at(size.last_write)
    return [LogFile(id=LOG_ID, name=NAME, length=size.length, last_write_time=written)]


@operation(
    "Log.Get",
    "GET /api/v1/Log/{name}",
    who=ADMIN,
    permission=Permission.LOGS_SYSTEM_READ,
    problems=(400, 404),
    summary="One page of a log, newest first unless asked otherwise",
)
def get_log(tx: ReadTx, call: Call[LogName, LogQuery, None]) -> ActionLogCollection:
    if call.params.name.casefold() != NAME.casefold():
        raise NotFound("there is no such log")
    listed = reads.log_lines(tx, None, call.query.asked())
    lines = [structs.replace(line, text=f"[{line.session_id}] {line.text}") for line in listed.rows]
    return collection(lines, listed.total, first=call.query.skip)


def log_of(tx: ReadTx, session_id: UUID, query: SessionLogQuery) -> ActionLogCollection:
    """One page of what happened in a session, as the wire has it."""
    listed = reads.log_lines(tx, session_id, query.asked())
    return collection(listed.rows, listed.total, first=query.skip)


def collection(lines: Sequence[LogLine | JobLine], total: int, *, first: int) -> ActionLogCollection:
    """Log lines as the wire has them."""
    return ActionLogCollection(
        lines=[
            ActionLogDto(
                status=LogLevel(line.level),
                status_string=LogLevel(line.level).name.capitalize(),
                log_message=line.text,
                line_number=first + number,
                timestamp=at(line.at),
            )
            for number, line in enumerate(lines, 1)
        ],
        total_count=total,
    )
