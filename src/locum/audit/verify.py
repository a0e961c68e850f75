"""Checks the whole audit log, in the database or in an exported file, and names the first bad row.

The steps, for both: (1) follow the chain seal by seal; (2) compare each signed checkpoint with the seal it is on;
(3) look for rows cut off behind the last checkpoint; (4) look for events outside the chain. Database and anchor file
are read in bounded memory. What nobody can see: a row added by somebody who could write to the database before the
sealer came by, and rows cut off the end together with every checkpoint and anchor that speaks of them. In a file,
neither the time in its first line nor events that still wait for their seal are protected.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from locum.audit import anchors, stream
from locum.audit.export import FORMAT, Line
from locum.audit.model import audit_seal
from locum.audit.seal import Checkpoint
from locum.audit.walk import Finding, Walk
from locum.kit.db import ReadTx

ANCHOR_FILE = "audit-checkpoints.jsonl"
PATIENCE = dt.timedelta(seconds=60)
_MAX_LINE = 1_048_576

IN_TABLE = "the log"
IN_ANCHORS = "the anchor file"


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and what is wrong with it: `findings` are the first hundred of `bad`."""

    seals: int
    checkpoints: int
    signed_seq: int
    bad: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return self.bad == 0

    @property
    def words(self) -> str:
        """For people: one line if all is well, or else the first bad row and up to twenty more."""
        read = f"{self.seals} events and {self.checkpoints} checkpoints"
        if self.ok:
            return f"The audit log holds: {read} verified, signed up to seal {self.signed_seq}."
        lines = [f"The audit log does NOT hold. The first of {self.bad} faults in {read}:"]
        lines += [str(finding) for finding in self.findings[:20]]
        if self.bad > 20:
            lines.append(f"and {self.bad - 20} more")
        return "\n".join(lines)


def verify_database(
    tx: ReadTx, public_key: Ed25519PublicKey, anchor_path: Path | None, *, patience: dt.timedelta = PATIENCE
) -> Report:
    """Verify the log in the database, and against the anchor file if there is one.

    `patience` is how long an event may go unsealed and unsigned. A sealer may be at work meanwhile.
    """
    # The ends are fixed first, the file's before the database's: the database always is ahead of the file.
    anchored = anchor_path.stat().st_size if anchor_path is not None and anchor_path.exists() else 0
    found = stream.extent(tx)
    walk = Walk(public_key)
    if anchor_path is not None and not anchored and found.checkpoints:
        walk.find("missing", f"the anchor file {anchor_path} is gone or empty")
    signed = _signed(tx, walk, found, anchor_path if anchored else None, anchored)
    waiting = next(signed, None)
    for row in stream.sealed(tx, found.seals):
        if isinstance(row, stream.Unreadable):
            walk.unreadable(row.key, _event_of(tx, row.key), "seal or event hold what their columns can't hold")
        else:
            walk.row(row.seal, row.event)
        while waiting is not None and waiting[0].seq <= walk.seq:
            walk.checkpoint(*waiting)
            waiting = next(signed, None)
    while waiting is not None:
        walk.checkpoint(*waiting)
        waiting = next(signed, None)
    walk.end(tx.now, patience)
    _check_outside(tx, walk, patience)
    return _report(walk)


def verify_file(
    path: Path, public_key: Ed25519PublicKey, anchor_path: Path | None = None, *, patience: dt.timedelta = PATIENCE
) -> Report:
    """Verify an export; with a copy of the anchor file, rows cut off its end show too. Raises OSError."""
    walk = Walk(public_key)
    anchored: Iterator[Checkpoint] = iter(())
    if anchor_path is not None:
        anchored = _anchored(walk, anchor_path, anchor_path.stat().st_size)
    with open(path, "rb") as file:
        _walk_file(file, walk, anchored, patience)
    return _report(walk)


def _walk_file(file: BinaryIO, walk: Walk, anchored: Iterator[Checkpoint], patience: dt.timedelta) -> None:
    first = _decoded(file.readline(_MAX_LINE))
    if first is None or first.start is None or first.start.format != FORMAT:
        walk.find("unreadable", "line 1 is not the start of an exported audit log")
        return
    now, events, ended = first.start.at, 0, False
    beside = next(anchored, None)
    outside: list[Finding] = []
    for number, raw in enumerate(iter(lambda: file.readline(_MAX_LINE), b""), start=2):
        line = _decoded(raw)
        events += line is not None and line.event is not None
        if line is None or line.unreadable is not None or ended:
            walk.unreadable(walk.seq + 1, None, f"line {number} can't be read")
        elif line.seal is not None:
            while beside is not None and beside.seq <= walk.seq:
                walk.checkpoint(beside, IN_ANCHORS)
                beside = next(anchored, None)
            walk.row(line.seal, line.event)
        elif line.checkpoint is not None:
            walk.checkpoint(line.checkpoint, IN_TABLE)
        elif line.event is not None and now - line.event.at > patience:
            outside.append(Finding("never sealed", f"without a seal since {line.event.at}", None, line.event.id))
        elif line.end is not None:
            ended = True
            if line.end.events != events:
                walk.find("missing", f"the file speaks of {line.end.events} events and has {events}")
    while beside is not None:
        walk.checkpoint(beside, IN_ANCHORS)
        beside = next(anchored, None)
    walk.end(now, patience)
    if not ended:
        walk.find("tail cut", "the file has no end")
    for finding in outside:
        walk.find(finding.kind, finding.what, finding.seq, finding.event_id)


def _decoded(raw: bytes) -> Line | None:
    """The line, or None if it is not exactly as `export` writes it: there is one spelling of each value."""
    try:
        line = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return line if msgspec.json.encode(line) + b"\n" == raw else None


def _signed(
    tx: ReadTx, walk: Walk, found: stream.Extent, anchor_path: Path | None, anchored: int
) -> Iterator[tuple[Checkpoint, str]]:
    """The checkpoints of table and anchor file in the order of the chain, each with where it was read."""
    table = ((c, IN_TABLE) for c in _readable(tx, walk, max(found.seals, found.checkpoints)))
    if anchor_path is None:
        yield from table
        return
    in_file = ((c, IN_ANCHORS) for c in _anchored(walk, anchor_path, anchored))
    in_table = 0
    for checkpoint, source in heapq.merge(table, in_file, key=lambda pair: pair[0].seq):
        if source == IN_TABLE:
            in_table = checkpoint.seq
        elif in_table != checkpoint.seq and checkpoint.seq <= found.checkpoints:
            walk.find("missing", "the checkpoint is in the anchor file and not in the log", checkpoint.seq)
        yield checkpoint, source


def _readable(tx: ReadTx, walk: Walk, up_to: int) -> Iterator[Checkpoint]:
    for checkpoint in stream.checkpoints(tx, up_to):
        if isinstance(checkpoint, stream.Unreadable):
            walk.find("unreadable", "the checkpoint holds what its columns can't hold", checkpoint.key)
        else:
            yield checkpoint


def _anchored(walk: Walk, path: Path, size: int) -> Iterator[Checkpoint]:
    last = 0
    for number, found in enumerate(anchors.read(path, size), start=1):
        if isinstance(found, int):
            walk.find("unreadable", f"line {number} of the anchor file is not a checkpoint")
        elif found.seq <= last:
            walk.find("reordered", f"line {number} of the anchor file stands behind a later one", found.seq)
        else:
            last = found.seq
            yield found


def _check_outside(tx: ReadTx, walk: Walk, patience: dt.timedelta) -> None:
    """Events that are not in the chain: each must wait for its seal, and not for long."""
    for event in stream.unsealed(tx):
        if isinstance(event, stream.Unreadable):
            walk.find("unreadable", "holds what its columns can't hold", None, event.key)
        elif not event.waits:
            walk.find("inserted", "has no seal and does not wait for one", None, event.id)
        elif tx.now - event.at > patience:
            walk.find("never sealed", f"without a seal since {event.at}", None, event.id)
    for event_id in stream.waiting_for_nothing(tx):
        walk.find("missing", "waits for its seal, but the event is gone", None, event_id)


def _event_of(tx: ReadTx, seq: int) -> int | None:
    found = tx.scalar(sa.select(audit_seal.c.event_id).where(audit_seal.c.seq == seq))
    return found if isinstance(found, int) else None


def _report(walk: Walk) -> Report:
    in_order = sorted(walk.findings, key=lambda finding: (finding.seq is None, finding.seq))
    return Report(walk.seals, walk.checkpoints, walk.signed_seq, walk.bad, tuple(in_order))


_decoder = msgspec.json.Decoder(Line)
