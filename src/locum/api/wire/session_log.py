"""What happened in a session, line by line."""

from __future__ import annotations

from locum.api.wire.base import NEVER, Out, Time
from locum.api.wire.enums import LogLevel


class ActionLogDto(Out):
    __contract__ = "SbPAM.Models.ActionLogDto"

    status_string: str | None = None
    status: LogLevel = LogLevel.DEBUG
    log_message: str | None = None
    line_number: int = 0
    timestamp: Time = NEVER
    version: str | None = None


class ActionLogCollection(Out):
    __contract__ = "SbPAM.Models.ActionLogCollection"

    lines: list[ActionLogDto] | None = None
    total_count: int = 0
    version: str | None = None
