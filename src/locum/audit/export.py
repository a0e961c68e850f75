"""Writes the whole audit log to a file for an auditor who holds only the public key.

One JSON object a line: a head; each seal with its event, and each checkpoint after the seal it is on; events that
still wait for a seal; and an end with the counts. Bytes are base64, times RFC 3339 in UTC.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from locum.audit import stream
from locum.audit.seal import Checkpoint, Event, Instant, Seal
from locum.kit.db import ReadTx

FORMAT = "locum-audit-1"


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file is and when it was written."""

    format: str
    at: Instant


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many events came before; without this line the file is cut short."""

    events: int


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line: exactly one part of it is there, but for an event beside its seal."""

    start: Start | None = None
    seal: Seal | None = None
    event: Event | None = None
    checkpoint: Checkpoint | None = None
    unreadable: int | None = None
    end: End | None = None


def export(tx: ReadTx, path: Path) -> int:
    """Write the file, replacing what is there, mode 0600; answers the number of events. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    events = 0
    with open(descriptor, "wb") as file:
        encode = msgspec.json.Encoder().encode
        file.write(encode(Line(start=Start(FORMAT, tx.now))) + b"\n")
        for line in _lines(tx):
            events += line.event is not None
            file.write(encode(line) + b"\n")
        file.write(encode(Line(end=End(events))) + b"\n")
        file.flush()
        os.fsync(descriptor)
    return events


def _lines(tx: ReadTx) -> Iterator[Line]:
    found = stream.extent(tx)
    signed = stream.checkpoints(tx, max(found.seals, found.checkpoints))
    waiting = next(signed, None)
    for row in stream.sealed(tx, found.seals):
        if isinstance(row, stream.Unreadable):
            seq = row.key
            yield Line(unreadable=seq)
        else:
            seq = row.seq
            yield Line(seal=row.seal, event=row.event)
        while waiting is not None and _seq(waiting) <= seq:
            yield _line(waiting)
            waiting = next(signed, None)
    while waiting is not None:
        yield _line(waiting)
        waiting = next(signed, None)
    for unsealed in stream.unsealed_events(tx):
        yield Line(unreadable=unsealed.key) if isinstance(unsealed, stream.Unreadable) else Line(event=unsealed)


def _seq(found: Checkpoint | stream.Unreadable) -> int:
    return found.key if isinstance(found, stream.Unreadable) else found.seq


def _line(found: Checkpoint | stream.Unreadable) -> Line:
    return Line(unreadable=found.key) if isinstance(found, stream.Unreadable) else Line(checkpoint=found)
