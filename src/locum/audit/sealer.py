"""Links events into the hash chain right after they were committed, and signs checkpoints.

Writers of events never touch the chain's head: they leave the event's id in `audit_pending`. One sealer at a time in
the whole cluster takes ids from there in small batches. What a crash leaves there, the next one seals.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.audit import anchors, stream
from locum.audit.model import audit_checkpoint, audit_event, audit_pending, audit_seal
from locum.audit.seal import GENESIS, Checkpoint, Event, is_signed, link, sign
from locum.kit.db import Database, ReadTx, Tx

BATCH_ROWS = 200
POLL_SECONDS = 0.2
RETRY_SECONDS = 2.0
CHECKPOINT_INTERVAL = dt.timedelta(seconds=1)
_ANCHOR_ROWS = 1000
_LOCK = int.from_bytes(b"auditlog", "big")

log = structlog.get_logger("locum")


@dataclass(frozen=True, slots=True)
class Pass:
    """What one batch did. `more`: the batch was full. `signed`: it wrote a checkpoint."""

    sealed: int
    more: bool
    signed: bool


class Sealer:
    """The sealer of one process. Any number of them may run; they take turns."""

    def __init__(self, db: Database, signing_key: Ed25519PrivateKey, anchor_path: Path) -> None:
        self._db = db
        self._key = signing_key
        self._public_key = signing_key.public_key()
        self._anchor_path = anchor_path

    async def run(self) -> None:
        """Seal until cancelled; `close` then does the rest. Trouble is logged, and tried again."""
        await self._anchor_quietly()  # what a crash kept from being anchored
        while True:
            pause = POLL_SECONDS
            try:
                if await self._db.read(has_work):
                    await self._catch_up()
            except Exception:  # outermost boundary: sealing must go on when the database is back
                log.exception("the audit log can't be sealed")
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Seal what is left, sign and anchor it."""
        await asyncio.to_thread(self.finish)

    def finish(self) -> None:
        """The same for callers without an event loop. Raises what the database or the anchor file raises."""
        while self._db.submit_write(self.seal_once, final=True).result().more:
            pass
        self._anchor()

    def seal_once(self, tx: Tx, *, final: bool = False) -> Pass:
        """Seal one batch; sign if the last checkpoint is a second old, or if `final` and nothing is left."""
        tx.lock(_LOCK)
        head = stream.seal_head(tx) or stream.Head(0, GENESIS)
        events = tx.rows(Event, _waiting().limit(BATCH_ROWS))
        seq, previous, seals = head.seq, head.hash, []
        for event in events:
            seq += 1
            digest = link(seq, previous, event)
            seals.append({"seq": seq, "event_id": event.id, "previous": previous, "hash": digest})
            previous = digest
        tx.add_all(audit_seal, seals)
        if events:
            tx.run(sa.delete(audit_pending).where(audit_pending.c.event_id.in_([event.id for event in events])))
        more = len(events) == BATCH_ROWS
        signed = self._sign(tx, stream.Head(seq, previous), at_once=final and not more)
        return Pass(len(events), more, signed)

    def _sign(self, tx: Tx, head: stream.Head, *, at_once: bool) -> bool:
        last = _last_checkpoint(tx)
        if head.seq <= (last.seq if last else 0):
            return False
        if last is not None and not at_once and tx.now - last.at < CHECKPOINT_INTERVAL:
            return False
        checkpoint = sign(self._key, head.seq, head.hash, tx.now)
        if not is_signed(self._public_key, checkpoint):
            raise RuntimeError("a fresh checkpoint does not verify")
        tx.add(
            audit_checkpoint,
            seq=checkpoint.seq,
            hash=checkpoint.hash,
            at=checkpoint.at,
            signature=checkpoint.signature,
        )
        return True

    async def _catch_up(self) -> None:
        signed = False
        more = True
        while more:
            done = await self._db.write(self.seal_once)
            signed, more = signed or done.signed, done.more
        if signed:
            await self._anchor_quietly()

    async def _anchor_quietly(self) -> None:
        try:
            await asyncio.to_thread(self._anchor)
        except Exception:  # outermost boundary: the table has the checkpoint, the next try adds it
            log.exception("audit checkpoints can't be written to the anchor file", path=str(self._anchor_path))

    def _anchor(self) -> None:
        anchors.append(self._anchor_path, self._later_than)

    def _later_than(self, last: Checkpoint | None) -> list[Checkpoint]:
        found, agrees = self._db.submit_read(_checkpoints_after, last).result()
        if not agrees:
            log.error("the audit log is not the one its anchor file speaks of: run locum audit verify")
        return found


def has_work(tx: ReadTx) -> bool:
    """Whether anything waits to be sealed or signed."""
    if tx.scalar(_waiting().with_only_columns(audit_event.c.id).limit(1)) is not None:
        return True
    found = stream.extent(tx)
    return found.seals > found.checkpoints


def _waiting() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(audit_event)
        .join(audit_pending, audit_pending.c.event_id == audit_event.c.id)
        .order_by(audit_pending.c.event_id)
    )


def _last_checkpoint(tx: ReadTx) -> Checkpoint | None:
    return tx.first(Checkpoint, sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq.desc()))


def _checkpoints_after(tx: ReadTx, last: Checkpoint | None) -> tuple[list[Checkpoint], bool]:
    """The next checkpoints to anchor, and whether the chain still holds what was anchored last."""
    query = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq).limit(_ANCHOR_ROWS)
    if last is None:
        return tx.rows(Checkpoint, query), True
    chain_hash = tx.scalar(sa.select(audit_seal.c.hash).where(audit_seal.c.seq == last.seq))
    return tx.rows(Checkpoint, query.where(audit_checkpoint.c.seq > last.seq)), chain_hash == last.hash
