"""What live connections are told, and what they are not told twice."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.sessions.lifecycle import Status
from locum.sessions.watch import LOCKED, Live, Now, Seen, lock_words, pass_on

END = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ID = UUID(int=1)


def seen(
    status: int = Status.ACTIVE, *, why: str | None = None, locked: bool = False, owner: bool = False
) -> Seen:
    return Seen(ID, status, why, END, locked, "Stop" if locked else None, None, owner)


def told(session: Seen | None) -> tuple[list[str], list[Now]]:
    closed: list[str] = []
    changed: list[Now] = []
    live = Live(ID, closed.append, changed.append, Now(END))
    for _ in range(2):
        pass_on([live], {} if session is None else {ID: session})
    return closed[:1], changed


def test_each_change_is_told_once() -> None:
    assert told(seen()) == ([], [])
    assert told(seen(locked=True)) == ([], [Now(END, "Stop")])
    assert told(None) == ([], [])


def test_what_is_over_is_closed() -> None:
    assert told(seen(Status.CANCELLING, why="enough")) == (["enough"], [])
    assert told(seen(Status.COMPLETE)) == (["it has ended"], [])
    assert told(seen(owner=True, locked=True)) == (["your account is locked"], [])


def test_words_of_a_lock() -> None:
    assert lock_words("a", "b") == "a: b"
    assert (lock_words(None, "b"), lock_words("a", None), lock_words(None, None)) == ("b", "a", LOCKED)
