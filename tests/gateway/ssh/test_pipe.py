"""One direction of a channel: order, bounded memory, and nothing passed on before it is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from locum.gateway.ssh.pipe import Pipe
from locum.gateway.ssh.relay import PENDING_LIMIT
from locum.recordings.format import Kind


class Source:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


class Sink:
    def __init__(self) -> None:
        self.written: list[tuple[bytes, int | None]] = []
        self.closing = False

    def write(self, data: bytes, datatype: int | None = None) -> None:
        self.written.append((data, datatype))

    def is_closing(self) -> bool:
        return self.closing


class SlowRecorder:
    def __init__(self) -> None:
        self.kept: list[tuple[Kind, bytes]] = []
        self._done: list[Callable[[], None]] = []

    def __call__(self, kind: Kind, data: bytes, done: Callable[[], None]) -> None:
        self.kept.append((kind, data))
        self._done.append(done)

    def acknowledge(self, count: int = 1) -> None:
        for _ in range(count):
            self._done.pop(0)()


@pytest.fixture
def recorder() -> SlowRecorder:
    return SlowRecorder()


@pytest.fixture
def pipe(recorder: SlowRecorder) -> Pipe:
    made = Pipe(recorder)
    made.source, made.sink = Source(), Sink()
    return made


def written(pipe: Pipe) -> list[tuple[bytes, int | None]]:
    assert isinstance(pipe.sink, Sink)
    return pipe.sink.written


def calls(pipe: Pipe) -> list[str]:
    assert isinstance(pipe.source, Source)
    return pipe.source.calls


def test_data_is_passed_on_in_order_and_only_when_it_is_kept(pipe: Pipe, recorder: SlowRecorder) -> None:
    pipe.take("o", b"one")
    pipe.take("e", b"two", 1)
    assert written(pipe) == []
    recorder.acknowledge()
    assert written(pipe) == [(b"one", None)]
    recorder.acknowledge()
    assert written(pipe) == [(b"one", None), (b"two", 1)]
    assert recorder.kept == [("o", b"one"), ("e", b"two")]


def test_reading_pauses_while_too_much_is_on_its_way(pipe: Pipe, recorder: SlowRecorder) -> None:
    for _ in range(4):
        pipe.take("o", b"x" * (PENDING_LIMIT // 4))
    assert calls(pipe) == ["pause"]
    recorder.acknowledge()
    assert calls(pipe) == ["pause", "resume"]
    recorder.acknowledge(3)
    assert calls(pipe) == ["pause", "resume"]


def test_reading_pauses_while_any_writer_waits(pipe: Pipe) -> None:
    pipe.block("channel", True)
    pipe.block("connection", True)
    pipe.block("channel", False)
    assert calls(pipe) == ["pause"]
    pipe.block("connection", False)
    assert calls(pipe) == ["pause", "resume"]


def test_a_writer_that_waits_before_there_is_a_source_counts_later(recorder: SlowRecorder) -> None:
    pipe = Pipe(recorder)
    pipe.block("connection", True)
    pipe.source, pipe.sink = Source(), Sink()
    pipe.take("o", b"x")
    assert calls(pipe) == ["pause"]


def test_an_end_comes_behind_the_data_before_it(pipe: Pipe, recorder: SlowRecorder) -> None:
    seen: list[int] = []
    pipe.when_drained(lambda: seen.append(len(written(pipe))))
    pipe.take("o", b"one")
    pipe.take("o", b"two")
    pipe.when_drained(lambda: seen.append(len(written(pipe))))
    recorder.acknowledge()
    assert seen == [0]
    recorder.acknowledge()
    assert seen == [0, 2]


def test_a_closed_sink_gets_nothing_more(pipe: Pipe, recorder: SlowRecorder) -> None:
    pipe.take("o", b"late")
    assert isinstance(pipe.sink, Sink)
    pipe.sink.closing = True
    recorder.acknowledge()
    assert written(pipe) == []


def test_keystrokes_pass_at_once_and_are_kept_as_masked(pipe: Pipe, recorder: SlowRecorder) -> None:
    pipe.take_at_once("i", b"hunter2", b"********")
    pipe.take_at_once("i", b"\x01", b"")
    assert written(pipe) == [(b"hunter2", None), (b"\x01", None)]
    assert recorder.kept == [("i", b"********")]


def test_keystrokes_that_are_not_kept_yet_count_too(pipe: Pipe, recorder: SlowRecorder) -> None:
    pipe.take_at_once("i", b"x" * PENDING_LIMIT, b"x" * PENDING_LIMIT)
    assert calls(pipe) == ["pause"]
    recorder.acknowledge()
    assert calls(pipe) == ["pause", "resume"]
