"""PURE. Walks along the chain, seal by seal, and names what does not hold. The caller reads database or file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from locum.audit.seal import GENESIS, Checkpoint, Event, Seal, is_signed, link

MAX_FINDINGS = 100

Kind = Literal[
    "altered",  # the event, or the whole chain under a checkpoint, is not what was sealed
    "missing",  # a seal, event or checkpoint was removed
    "inserted",  # an event that never went through the log
    "reordered",  # a seal stands where another belongs
    "seal broken",  # the event holds, its seal was changed
    "signature wrong",  # a checkpoint that the signing key did not sign
    "tail cut",  # the newest rows were removed
    "never sealed",  # events wait although the sealer should have come by
    "never signed",  # seals wait for a checkpoint although the sealer should have come by
    "unreadable",  # a row or line is not even of the right shape
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `seq` is the place in the chain, where it has one."""

    kind: Kind
    what: str
    seq: int | None = None
    event_id: int | None = None

    def __str__(self) -> str:
        places = [f"seal {self.seq}"] if self.seq is not None else []
        places += [f"event {self.event_id}"] if self.event_id is not None else []
        return f"{', '.join(places) or 'log'}: {self.kind}: {self.what}"


class Walk:
    """Feed it rows in the order of `seq`, each checkpoint after the row it is on; read `findings` at the end."""

    def __init__(self, public_key: Ed25519PublicKey) -> None:
        self.findings: list[Finding] = []
        self.bad = 0
        self.seals = 0
        self.checkpoints = 0
        self.seq = 0
        self.signed_seq = 0
        self._public_key = public_key
        self._end = GENESIS  # the hash the last row claims
        self._trusted = True  # whether the next row must follow `_end`; not so right after a broken one
        self._doubt: Seal | None = None  # event and seal disagree; what follows shows which was changed
        self._unsigned_since: dt.datetime | None = None
        self._signed_tail = 0
        self._rewritten = False

    def row(self, seal: Seal, event: Event | None) -> None:
        """The next seal and its event, None if it is gone."""
        self._settle(seal.previous)
        self._step(seal.seq)
        follows = not self._trusted or seal.previous == self._end
        previous = self._end if self._trusted else seal.previous
        self._trusted = True
        if event is None:
            self.find("missing", "the event is gone", seal.seq, seal.event_id)
        elif event.id == seal.event_id and link(seal.seq, previous, event) == seal.hash:
            if not follows:
                self.find("seal broken", "its link to the seal before was changed", seal.seq, seal.event_id)
        elif not follows:
            self.find("reordered", "does not follow the seal before it", seal.seq, seal.event_id)
            self._trusted = False
        else:
            self._doubt = seal
        self.seals += 1
        self._end = seal.hash
        if self._unsigned_since is None and event is not None:
            self._unsigned_since = event.at

    def unreadable(self, seq: int, event_id: int | None, what: str) -> None:
        """The next row is of no use."""
        self._settle(None)
        self._step(seq)
        self.find("unreadable", what, seq, event_id)
        self._trusted = False

    def checkpoint(self, checkpoint: Checkpoint, source: str) -> None:
        """A checkpoint on the row just given, or beyond the last one. `source` says where it was read."""
        self.checkpoints += 1
        if not is_signed(self._public_key, checkpoint):
            self.find("signature wrong", f"the checkpoint in {source} was not signed by this key", checkpoint.seq)
        elif checkpoint.seq > self.seq:
            self._signed_tail = max(self._signed_tail, checkpoint.seq)
        elif checkpoint.seq == self.seq and self._trusted:
            if checkpoint.hash == self._end:
                self._settle(self._end)
                self.signed_seq = self.seq
                self._unsigned_since = None
            elif self._doubt is not None:
                self._settle(None)
            elif not self._rewritten:
                self._rewritten = True  # every later checkpoint disagrees too: the first one tells all there is
                self.find(
                    "altered",
                    f"something from here to seal {self.seq} was altered and the chain rewritten:"
                    f" the checkpoint in {source} was signed over other rows",
                    self.signed_seq + 1,
                )

    def end(self, now: dt.datetime, patience: dt.timedelta) -> None:
        """No more rows: `patience` is how long a row may go unsigned."""
        self._settle(self._end)
        if self._signed_tail > self.seq:
            what = f"a checkpoint was signed over {self._signed_tail} rows, {self.seq} are left"
            self.find("tail cut", what, self.seq + 1)
        elif self._unsigned_since is not None and now - self._unsigned_since > patience and not self._rewritten:
            self.find("never signed", "no checkpoint covers what comes from here on", self.signed_seq + 1)

    def find(self, kind: Kind, what: str, seq: int | None = None, event_id: int | None = None) -> None:
        """Note what is wrong; the first hundred are kept, all are counted."""
        self.bad += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(kind, what, seq, event_id))

    def _step(self, seq: int) -> None:
        expected = self.seq + 1
        if seq > expected:
            gone = f"seal {expected} is" if seq == expected + 1 else f"seals {expected} to {seq - 1} are"
            self.find("missing", f"{gone} gone", expected)
            self._trusted = False
        elif seq < expected:
            self.find("reordered", f"stands after seal {self.seq}", seq)
            self._trusted = False
        self.seq = seq

    def _settle(self, next_previous: bytes | None) -> None:
        """Decide about the row in doubt: if something else vouches for its hash, its event was altered."""
        seal, self._doubt = self._doubt, None
        if seal is None:
            return
        if next_previous == seal.hash:
            self.find("altered", "the event is not the one that was sealed", seal.seq, seal.event_id)
        else:
            self.find("seal broken", "its hash was changed", seal.seq, seal.event_id)
            self._trusted = False
