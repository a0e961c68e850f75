"""Identifiers are UUIDv7: unique, in the order they were made."""

from __future__ import annotations

import time

from locum.kit.ids import NIL, given, new_id


def test_ids_are_version_7_and_unique() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}


def test_later_ids_sort_later() -> None:
    first = new_id()
    time.sleep(0.002)
    assert new_id() > first


def test_the_zero_id_means_none() -> None:
    some = new_id()
    assert (given(some), given(NIL), given(None)) == (some, None, None)
