"""A browser's terminal and the files beside it. The contract has no such thing."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import Int64, Out, Time


class TerminalTicket(Out):
    """Opens one WebSocket, within half a minute: its first message."""

    ticket: str = ""


class FolderEntry(Out):
    """`kind`: file, folder, link or other."""

    name: str = ""
    kind: str = "other"
    size: Int64 = 0
    changed_date_time_utc: Time | None = None


class Folder(Out):
    """`path` as the target has it. `is_whole`: there are no more entries than these."""

    path: str = ""
    entries: list[FolderEntry] = msgspec.field(default_factory=list)
    is_whole: bool = True


class Uploaded(Out):
    """What the target has now."""

    path: str = ""
    size: Int64 = 0
