"""How much recordings may take, and that the last of the disk is never theirs."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest

from locum.recordings.space import LOOK_AGAIN_S, NoRoom, Space
from locum.recordings.store import Store

MIB = 1024 * 1024


def keep(store: Store, size: int) -> None:
    with store.create(uuid4()) as file:
        file.write(bytes(size))


def test_what_is_there_already_counts(store: Store) -> None:
    keep(store, MIB)
    keep(store, MIB // 2)
    (store.root / "other").write_bytes(bytes(MIB))
    assert store.used_bytes() == MIB + MIB // 2
    Space(store, time.monotonic, reserve_bytes=0, most_bytes=2 * MIB).check_new()
    with pytest.raises(NoRoom, match="recordings take all of their 1 MiB"):
        Space(store, time.monotonic, reserve_bytes=0, most_bytes=MIB).check_new()


@pytest.mark.parametrize("ends_open", [True, False])
def test_what_grows_counts_and_ends_only_where_it_shall(store: Store, ends_open: bool) -> None:
    space = Space(store, time.monotonic, reserve_bytes=0, most_bytes=MIB, ends_open=ends_open)
    space.check_new()
    for _ in range(3):
        space.take(MIB // 4)
    keep(store, MIB)  # as it was written
    if ends_open:
        with pytest.raises(NoRoom):
            space.take(MIB // 4)
    else:
        space.take(MIB)
    with pytest.raises(NoRoom):
        space.check_new()


def test_room_that_was_made_is_seen(store: Store) -> None:
    keep(store, MIB)
    now = 100.0
    space = Space(store, lambda: now, reserve_bytes=0, most_bytes=MIB)
    with pytest.raises(NoRoom):
        space.check_new()
    store.delete(next(store.ids()))
    with pytest.raises(NoRoom):
        space.check_new()
    now += LOOK_AGAIN_S
    space.check_new()


def test_the_last_of_the_disk_is_left_whoever_takes_it(small_disk: Path) -> None:
    store = Store(small_disk)
    space = Space(store, time.monotonic, reserve_bytes=MIB // 2, ends_open=False)
    space.check_new()
    keep(store, MIB * 3 // 4)
    with pytest.raises(NoRoom, match="kept in reserve"):
        space.check_new()
    with pytest.raises(NoRoom, match="kept in reserve"):
        space.take(MIB)
