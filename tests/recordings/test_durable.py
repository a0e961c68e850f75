"""The syncer: within 200 ms, together, and never a file that was let go."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from locum.recordings.durable import GATHER_SECONDS, Syncer


class Notebook:
    """A file that writes down what was done to it, and when."""

    def __init__(self, *, slow: float = 0) -> None:
        self.done: list[tuple[str, float]] = []
        self.overlapped = False
        self._slow = slow
        self._busy = threading.Lock()
        self.synced = threading.Event()
        self.gone = threading.Event()

    def sync(self) -> None:
        self._note("sync")
        self.synced.set()

    def let_go(self) -> None:
        self._note("let_go")
        self.gone.set()

    def names(self) -> list[str]:
        return [name for name, _ in self.done]

    def _note(self, name: str) -> None:
        self.overlapped |= not self._busy.acquire(blocking=False)
        time.sleep(self._slow)
        self.done.append((name, time.monotonic()))
        self._busy.release()


@pytest.fixture
def syncer() -> Iterator[Syncer]:
    started = Syncer()
    yield started
    started.stop()


def test_what_was_written_is_synced_soon_and_once(syncer: Syncer) -> None:
    file, start = Notebook(), time.monotonic()
    for _ in range(100):
        syncer.mark(file)
    assert file.synced.wait(5)
    assert file.names() == ["sync"]
    assert file.done[0][1] - start >= GATHER_SECONDS * 0.9
    assert GATHER_SECONDS < 0.2


def test_what_is_written_during_a_sync_is_synced_again(syncer: Syncer) -> None:
    file = Notebook(slow=0.15)
    syncer.mark(file)
    time.sleep(GATHER_SECONDS + 0.05)
    syncer.mark(file)
    assert file.synced.wait(5)
    file.synced.clear()
    assert file.synced.wait(5)
    assert (file.names(), file.overlapped) == (["sync", "sync"], False)


def test_a_file_that_is_let_go_does_not_wait_and_is_not_synced_as_well(syncer: Syncer) -> None:
    file, other = Notebook(), Notebook()
    syncer.mark(other)
    syncer.mark(file)
    syncer.release(file)
    assert file.gone.wait(5)
    assert other.synced.wait(5)
    assert file.names() == ["let_go"]
    assert other.names() == ["sync"]


def test_a_slow_file_does_not_hold_up_the_others(syncer: Syncer) -> None:
    slow, others = Notebook(slow=0.5), [Notebook() for _ in range(20)]
    for file in (slow, *others):
        syncer.mark(file)
    assert all(file.synced.wait(5) for file in others)
    assert not slow.done


def test_stop_finishes_what_was_handed_in() -> None:
    syncer, marked, released = Syncer(), Notebook(slow=0.01), Notebook(slow=0.01)
    syncer.mark(marked)
    syncer.release(released)
    syncer.stop()
    assert (marked.names(), released.names()) == (["sync"], ["let_go"])
