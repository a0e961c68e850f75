"""What the life of sessions should be, in small: what is allowed, and which states a session goes through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from locum.sessions.lifecycle import NEXT, Status
from locum.sessions.model import EntryState, LedgerEntry

STEPS = {"sudo": ["account", "authorized_key", "sudoers"], "shell": ["account", "authorized_key"]}
LONGEST = dt.timedelta(minutes=60)
LONGEST_WAIT = dt.timedelta(hours=24)
EXTENSION = dt.timedelta(minutes=10)
APPROVERS = ("Bob", "Carl")


@dataclass
class Wish:
    """One session as it should be. `tier`: whose word it waits for. `until`: it must be approved by then."""

    owner: str
    kind: str
    host: str
    status: Status
    start: dt.datetime
    end: dt.datetime
    asked_end: dt.datetime | None = None
    until: dt.datetime | None = None
    tier: int = 0
    extensions: int = 0
    locked: bool = False
    hangs: bool = False
    outcome: Status | None = None

    def ends_as(self, outcome: Status) -> None:
        """Its end begins, if it has not begun yet."""
        if self.status in (Status.APPROVAL_REQUIRED, Status.PENDING, Status.ACTIVE):
            self.status, self.outcome = Status.CANCELLING, outcome

    def becomes(self, status: Status) -> None:
        self.status = status
        if status >= Status.COMPLETE:
            self.locked = False


@dataclass
class Model:
    """All of it. `trouble` is that of each host."""

    now: dt.datetime
    wishes: list[Wish] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    outside: set[tuple[str, str]] = field(default_factory=set)
    locked_people: set[str] = field(default_factory=set)
    locked_hosts: set[str] = field(default_factory=set)
    trouble: dict[str, str | None] = field(default_factory=dict)

    def gives(self, kind: str, owner: str) -> bool:
        """Whether the policy of that kind gives it to them."""
        return kind not in self.disabled and (kind, owner) not in self.outside

    def allows(self, kind: str, owner: str, host: str) -> bool:
        """Whether they may ask for it and, having asked, begin."""
        locked = owner in self.locked_people or place(kind, host) in self.locked_hosts
        return self.gives(kind, owner) and not locked

    def approve(self, wish: Wish, who: str, yes: bool) -> bool:
        """Take an approver's word; False where it is not theirs to say."""
        if (
            wish.status != Status.APPROVAL_REQUIRED
            or APPROVERS[wish.tier] != who
            or self.now >= _known(wish.until)
        ):
            return False
        if not yes:
            wish.becomes(Status.APPROVAL_DENIED)
        elif wish.tier + 1 < len(APPROVERS):
            wish.tier += 1
        else:
            self._granted(wish)
        return True

    def _granted(self, wish: Wish) -> None:
        start = max(wish.start, self.now)
        end = start + (wish.end - wish.start)
        end = end if wish.asked_end is None else min(end, wish.asked_end)
        if end <= start or not self.allows(wish.kind, wish.owner, wish.host):
            wish.becomes(Status.APPROVAL_FAILED)
        else:
            wish.status, wish.start, wish.end, wish.until = Status.PENDING, start, end, None

    def extend(self, wish: Wish, as_administrator: bool) -> bool:
        """Ten minutes more; False where they are not given."""
        left = wish.end - self.now
        if wish.status != Status.ACTIVE or left <= dt.timedelta(0):
            return False
        if not as_administrator:
            if wish.locked or wish.extensions == 2 or left > dt.timedelta(minutes=5):
                return False
            wish.extensions += 1
        wish.end += EXTENSION
        return True

    def lets_in(self, wish: Wish) -> bool:
        """Whether a connection passes the gate."""
        runs = wish.status == Status.ACTIVE and self.now < wish.end and wish.kind != "release"
        return runs and not wish.locked and wish.owner not in self.locked_people

    def sweep(self) -> None:
        """What the sweep ends."""
        for wish in self.wishes:
            knows_and_is_locked = wish.kind == "release" and wish.owner in self.locked_people
            if wish.status == Status.ACTIVE and (knows_and_is_locked or not self.gives(wish.kind, wish.owner)):
                wish.ends_as(Status.CANCELLED)

    def way(self, wish: Wish, entries: Sequence[LedgerEntry]) -> list[Status]:
        """The states that a session on a host goes through when it is worked on now, from that where it is."""
        left = {entry.kind for entry in entries if entry.state != EntryState.REVERTED}
        if wish.status == Status.APPROVAL_REQUIRED:
            late = self.now >= _known(wish.until)
            return [wish.status, Status.APPROVAL_FAILED] if late else [wish.status]
        if wish.status == Status.CANCELLING:
            return [wish.status, *self._end(wish, left, wish.outcome)]
        if wish.status == Status.ACTIVE:
            over = self.now >= wish.end
            return [wish.status, *self._begin_end(wish, left, Status.COMPLETE)] if over else [wish.status]
        if wish.status == Status.PENDING:
            return [wish.status, *self._after_pending(wish, entries, left)]
        return [wish.status]

    def _after_pending(self, wish: Wish, entries: Sequence[LedgerEntry], left: set[str]) -> list[Status]:
        trouble = self.trouble.get(wish.host)
        todo = {e.kind for e in entries if e.state == EntryState.INTENDED} if entries else set(STEPS[wish.kind])
        if self.now >= wish.end:
            return self._begin_end(wish, left, Status.FAILED)
        if self.now < wish.start:
            return []
        if not self.allows(wish.kind, wish.owner, wish.host):
            return self._begin_end(wish, left, Status.FAILED)
        if trouble == "down":
            return []
        if trouble in {f"apply {kind}" for kind in todo}:
            return self._begin_end(wish, left | set(STEPS[wish.kind]), Status.FAILED)
        return [Status.ACTIVE]

    def _begin_end(self, wish: Wish, left: set[str], outcome: Status) -> list[Status]:
        return [Status.CANCELLING, *self._end(wish, left, outcome)]

    def _end(self, wish: Wish, left: set[str], outcome: Status | None) -> list[Status]:
        stays = {"down", *(f"revert {kind}" for kind in left)}
        assert outcome is not None
        return [] if left and self.trouble.get(wish.host) in stays else [outcome]


def place(kind: str, host: str) -> str:
    """The host of a session. The credential that is released is of the first one."""
    return "web01" if kind == "release" else host


def reachable(status: Status) -> set[Status]:
    """All states that a session may come to from this one, and itself."""
    found = {status}
    for _ in Status:
        found |= {after for before in found for after in NEXT[before]}
    return found


def _known(value: dt.datetime | None) -> dt.datetime:
    assert value is not None
    return value
