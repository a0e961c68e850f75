"""The walk names each thing that can be wrong with a chain. Every case changes one thing in a good chain of ten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from locum.audit.seal import GENESIS, Checkpoint, Event, Seal, link, sign
from locum.audit.walk import MAX_FINDINGS, Finding, Walk

KEY = Ed25519PrivateKey.generate()
AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
WRONG = b"\1" * 32

Rows = list[tuple[Seal, Event | None]]


def event(number: int) -> Event:
    return Event(number, AT + number * dt.timedelta(seconds=1), None, "alice", None, "a.b", None, None, "ok", "{}")


def chain(events: list[Event]) -> Rows:
    rows: Rows = []
    previous = GENESIS
    for seq, each in enumerate(events, start=1):
        digest = link(seq, previous, each)
        rows.append((Seal(seq, each.id, previous, digest), each))
        previous = digest
    return rows


def good() -> Rows:
    """Seal n is on event n+10."""
    return chain([event(number) for number in range(11, 21)])


def signed(rows: Rows, *at: int) -> list[Checkpoint]:
    return [sign(KEY, seq, rows[seq - 1][0].hash, AT) for seq in at]


def walked(rows: Rows, checkpoints: list[Checkpoint], *, later: dt.timedelta = MINUTE) -> Walk:
    walk = Walk(KEY.public_key())
    left = list(checkpoints)
    for seal, each in rows:
        walk.row(seal, each)
        while left and left[0].seq <= walk.seq:
            walk.checkpoint(left.pop(0), "the log")
    for checkpoint in left:
        walk.checkpoint(checkpoint, "the log")
    walk.end(AT + 20 * dt.timedelta(seconds=1) + later, MINUTE)
    return walk


def first(rows: Rows, checkpoints: list[Checkpoint]) -> tuple[str, int | None, int | None]:
    found = walked(rows, checkpoints).findings[0]
    return found.kind, found.seq, found.event_id


def changed(position: int, change: Callable[[Seal, Event], tuple[Seal, Event | None]]) -> Rows:
    rows = good()
    seal, each = rows[position]
    assert each is not None
    rows[position] = change(seal, each)
    return rows


def test_a_good_chain() -> None:
    rows = good()
    walk = walked(rows, signed(rows, 4, 10))
    assert walk.findings == []
    assert (walk.seals, walk.checkpoints, walk.signed_seq) == (10, 2, 10)


def test_nothing_at_all_is_good() -> None:
    assert walked([], []).findings == []


@pytest.mark.parametrize("position", [0, 4, 8, 9])
def test_an_altered_event(position: int) -> None:
    rows = changed(position, lambda seal, each: (seal, replace(each, actor_name="mallory")))
    walk = walked(rows, signed(rows, 4, 10))
    assert walk.findings == [
        Finding("altered", "the event is not the one that was sealed", position + 1, position + 11)
    ]
    assert walk.signed_seq == 10


@pytest.mark.parametrize("position", [0, 4, 8])
def test_an_altered_hash(position: int) -> None:
    rows = changed(position, lambda seal, each: (replace(seal, hash=WRONG), each))
    assert first(rows, signed(good(), 4, 10)) == ("seal broken", position + 1, position + 11)
    assert walked(rows, signed(good(), 4, 10)).bad == 1


def test_an_altered_hash_in_the_last_row_under_a_checkpoint() -> None:
    rows = changed(9, lambda seal, each: (replace(seal, hash=WRONG), each))
    assert first(rows, signed(good(), 10)) == ("seal broken", 10, 20)


@pytest.mark.parametrize("position", [0, 4, 9])
def test_an_altered_link(position: int) -> None:
    rows = changed(position, lambda seal, each: (replace(seal, previous=WRONG), each))
    assert first(rows, signed(good(), 10)) == ("seal broken", position + 1, position + 11)


@pytest.mark.parametrize("position", [0, 4, 9])
def test_a_seal_on_another_event(position: int) -> None:
    rows = changed(position, lambda seal, each: (replace(seal, event_id=99), each))
    assert first(rows, signed(good(), 10)) == ("altered", position + 1, 99)


@pytest.mark.parametrize("position", [0, 4, 9])
def test_a_missing_event(position: int) -> None:
    rows = changed(position, lambda seal, each: (seal, None))
    assert first(rows, signed(good(), 10)) == ("missing", position + 1, position + 11)
    assert walked(rows, signed(good(), 10)).bad == 1


@pytest.mark.parametrize("position", [0, 4, 8])
def test_missing_rows(position: int) -> None:
    rows = good()
    del rows[position]
    walk = walked(rows, signed(good(), 10))
    assert walk.findings == [Finding("missing", f"seal {position + 1} is gone", position + 1)]


def test_missing_rows_with_the_gap_closed() -> None:
    rows = good()
    del rows[4]
    rows[4:] = [(replace(seal, seq=seal.seq - 1), each) for seal, each in rows[4:]]
    assert first(rows, signed(good(), 10)) == ("reordered", 5, 16)


def test_swapped_rows() -> None:
    rows = good()
    (one, a), (two, b) = rows[4], rows[5]
    rows[4:6] = [(replace(two, seq=5), b), (replace(one, seq=6), a)]
    assert first(rows, signed(good(), 10)) == ("reordered", 5, 16)


def test_rows_out_of_order() -> None:
    rows = good()
    rows[4:6] = [rows[5], rows[4]]
    kinds = [(found.kind, found.seq) for found in walked(rows, signed(good(), 10)).findings]
    assert kinds[:2] == [("missing", 5), ("reordered", 5)]


def test_swapped_events() -> None:
    rows = good()
    (one, a), (two, b) = rows[4], rows[7]
    rows[4], rows[7] = (one, replace(b, id=15)), (two, replace(a, id=18))
    kinds = [(found.kind, found.seq) for found in walked(rows, signed(good(), 10)).findings]
    assert kinds == [("altered", 5), ("altered", 8)]


@pytest.mark.parametrize("position", [0, 3])
def test_a_row_put_in_and_the_chain_computed_anew(position: int) -> None:
    events = [event(number) for number in range(11, 21)]
    events.insert(position, event(99))
    walk = walked(chain(events), signed(good(), 2, 4, 10))
    assert [found.kind for found in walk.findings] == ["altered"]
    assert walk.findings[0].seq == (1 if position == 0 else 3)


def test_an_altered_event_and_the_chain_computed_anew() -> None:
    events = [event(number) for number in range(11, 21)]
    events[6] = replace(events[6], outcome="denied")
    found = walked(chain(events), signed(good(), 4, 8, 10)).findings
    assert [(f.kind, f.seq) for f in found] == [("altered", 5)]  # between checkpoints 4 and 8


@pytest.mark.parametrize("left", [0, 4, 9])
def test_a_cut_tail(left: int) -> None:
    walk = walked(good()[:left], signed(good(), 4, 10))
    assert [(f.kind, f.seq) for f in walk.findings] == [("tail cut", left + 1)]


@pytest.mark.parametrize("changes", [{"hash": WRONG}, {"signature": bytes(64)}, {"at": AT + MINUTE}])
def test_a_checkpoint_that_was_not_signed(changes: dict[str, object]) -> None:
    one, two = signed(good(), 4, 10)
    walk = walked(good(), [replace(one, **changes), two])
    assert [(f.kind, f.seq) for f in walk.findings] == [("signature wrong", 4)]


def test_an_unsigned_tail_may_be_young() -> None:
    assert walked(good(), signed(good(), 4), later=dt.timedelta(seconds=-10)).findings == []
    found = walked(good(), signed(good(), 4)).findings
    assert [(f.kind, f.seq) for f in found] == [("never signed", 5)]


def test_unreadable_rows() -> None:
    rows = good()
    walk = Walk(KEY.public_key())
    for seal, each in rows[:4]:
        walk.row(seal, each)
    walk.unreadable(5, 15, "not a number")
    for seal, each in rows[5:]:
        walk.row(seal, each)
    walk.checkpoint(signed(rows, 10)[0], "the log")
    walk.end(AT, MINUTE)
    assert walk.findings == [Finding("unreadable", "not a number", 5, 15)]


def test_findings_are_counted_and_kept_up_to_a_hundred() -> None:
    rows = chain([event(number) for number in range(1, 300)])
    rows = [(seal, None) for seal, _ in rows]
    walk = walked(rows, [])
    assert walk.bad == 299
    assert len(walk.findings) == MAX_FINDINGS


def test_a_finding_in_words() -> None:
    assert str(Finding("altered", "it is", 3, 7)) == "seal 3, event 7: altered: it is"
    assert str(Finding("inserted", "it is", None, 7)) == "event 7: inserted: it is"
    assert str(Finding("tail cut", "it is")) == "log: tail cut: it is"
