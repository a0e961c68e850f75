"""What is kept of a file that moved."""

from __future__ import annotations

import hashlib

from locum.gateway.ssh.file_log import FileEvent, Passage


def test_a_file_that_passes_from_begin_to_end() -> None:
    passage = Passage()
    passage.take(0, b"ab")
    passage.take(2, b"c")
    event = passage.event("uploaded", "/x")
    assert event == FileEvent("uploaded", "/x", 3, hashlib.sha256(b"abc").hexdigest())
    assert event.line == f"file uploaded: /x, 3 bytes, sha256 {event.sha256}"
    assert event.detail == {"kind": "uploaded", "file": "/x", "bytes": 3, "sha256": event.sha256}


def test_a_part_of_a_file_is_told_as_one() -> None:
    passage = Passage()
    passage.take(10, b"ab")
    passage.take(0, b"c")
    event = passage.event("downloaded", "/x", note="not closed")
    assert event.note == "not closed, from byte 10 on, in another order than the file has"
    assert event.detail["reason"] == event.note


def test_an_empty_file_has_a_digest_too() -> None:
    assert Passage().event("uploaded", "/x").sha256 == hashlib.sha256(b"").hexdigest()


def test_names_are_shown_without_controls() -> None:
    event = FileEvent("removed", "/\x1b[31m\udcff", note="\x07")
    assert event.line == "file removed: /\ufffd[31m\ufffd, \ufffd"
    assert event.detail == {"kind": "removed", "file": "/\ufffd[31m\ufffd", "reason": "\ufffd"}


def test_whatever_a_file_is_called_its_event_can_be_written_down() -> None:
    """One row that can't be encoded would take those of the files beside it along."""
    name = b"/a\xff\xfe".decode(errors="surrogateescape")
    event = FileEvent("renamed", name, note=f"and {name}")
    assert all(str(value).encode() for value in event.detail.values())
    assert event.line.encode()
