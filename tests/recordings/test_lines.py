"""Lines of text out of what passed: as somebody who watched would have read them."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from locum.recordings.format import Event, Kind
from locum.recordings.lines import LONGEST_LINE, Lines, Stream


def shown(*events: tuple[Kind, bytes]) -> list[tuple[Stream, str]]:
    lines = Lines()
    found = [*lines.take(Event(float(at), kind, data) for at, (kind, data) in enumerate(events)), *lines.end()]
    return [(line.stream, line.text) for line in found]


def test_output_is_lines_without_codes_whatever_the_reads_were() -> None:
    whole = "\x1b[1;32mkim@web01\x1b[0m:~$ ls /srv\r\nüber.txt  \x1b]0;title\x07second\r\n".encode()
    wanted = [(Stream.OUTPUT, "kim@web01:~$ ls /srv"), (Stream.OUTPUT, "über.txt  second")]
    assert shown(("o", whole)) == wanted
    for size in (1, 2, 3, 7):
        pieces = [("o", whole[start : start + size]) for start in range(0, len(whole), size)]
        assert shown(*pieces) == wanted


def test_a_line_that_was_overwritten_counts_as_it_was_in_the_end() -> None:
    assert shown(("o", b" 10%\r 50%\r100%\r\n")) == [(Stream.OUTPUT, "100%")]
    assert shown(("o", b"pasx\b \bsed\n")) == [(Stream.OUTPUT, "passed")]


def test_places_on_the_screen_are_apart() -> None:
    assert shown(("o", b"\x1b[2J\x1b[1;1Hname\x1b[2;1Hvalue")) == [
        (Stream.OUTPUT, "name"),
        (Stream.OUTPUT, "value"),
    ]


def test_what_was_typed_counts_when_it_is_ended_as_it_stood_then() -> None:
    typed: list[tuple[Kind, bytes]] = [("i", letter.encode()) for letter in "rm -x\x7frf /tmp/a\r"]
    assert shown(*typed) == [(Stream.INPUT, "rm -rf /tmp/a")]
    assert shown(("i", b"\x1b[Als\x1b[D\r")) == [(Stream.INPUT, "ls")]


def test_input_and_output_do_not_run_together() -> None:
    found = shown(
        ("o", b"$ "), ("i", b"id"), ("o", b"id"), ("i", b"\r"), ("o", b"\r\nuid=0\r\n"), ("e", b"oops\n")
    )
    assert found == [
        (Stream.INPUT, "id"),
        (Stream.OUTPUT, "$ id"),
        (Stream.OUTPUT, "uid=0"),
        (Stream.OUTPUT, "oops"),
    ]


def test_a_command_that_a_client_asked_for_was_typed() -> None:
    found = shown(("m", b"channel 1: exec: systemctl restart app"), ("m", b"channel 1: shell"), ("r", b"80x24"))
    assert found == [(Stream.INPUT, "systemctl restart app")]


def test_a_long_line_goes_on_in_the_next() -> None:
    found = shown(("o", b"x" * (2 * LONGEST_LINE + 5) + b"\n"))
    assert [len(text) for _, text in found] == [LONGEST_LINE, LONGEST_LINE, 5]


def test_a_line_that_is_mostly_no_text_is_none() -> None:
    """Each by itself: what stands beside a picture is found."""
    picture = bytes(range(128, 256)) * 8
    assert shown(("o", b"secret\n" + picture + b"\nviele Gr\xfc\xdfe\n")) == [
        (Stream.OUTPUT, "secret"),
        (Stream.OUTPUT, "viele Gr\ufffd\ufffde"),
    ]


def test_the_time_is_that_of_the_last_part() -> None:
    lines = Lines()
    (found,) = lines.take([Event(1.5, "o", b"a"), Event(2.25, "o", b"b\n")])
    assert (found.at_ms, found.text) == (2250, "ab")


def test_hostile_output_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    for text in (
        b"a" * 32_000 + b"\b" * 32_000,
        b"\x1b[" * 32_000,
        b"\x1b]" * 32_000,
        b"\x1b" * 64_000,
        b"\r" * 64_000,
    ):
        shown(*[("o", text)] * 8)
    assert time.process_time() - began < 20  # quadratic, it would take many minutes


@given(st.lists(st.tuples(st.sampled_from("oie"), st.binary(max_size=300)), max_size=12))
def test_nothing_breaks_it_and_nothing_harmful_comes_out(events: list[tuple[Kind, bytes]]) -> None:
    for _, text in shown(*events):
        assert 0 < len(text) <= LONGEST_LINE
        assert not any(ord(letter) < 32 and letter not in "\t" for letter in text)
