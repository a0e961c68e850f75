"""Whatever people are called, a mail stays the one that was meant."""

from __future__ import annotations

import datetime as dt
import email
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locum.notices.format import message, one_line

AT = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
HOSTILE = (
    "a\r\nBcc: everybody@example.org",
    "a\nSubject: other\n\nbody",
    "a\u2028b\u0085c\x00d\x0b\x1c",
    "=?utf-8?q?Bcc=3A_x?=",
    "‮reversed‬\u200b",
    "Zoë 漢字 🙂",
    "x" * 5000,
    "%s {0} ${x} {{x}}",
    "\ud800 alone",
    ".\r\n.\r\nQUIT",
)


def sent(subject: str, body: str) -> bytes:
    made = message(
        sender="locum@example.org",
        address="bob@example.org",
        subject=one_line(subject, 200),
        body=one_line(body) + "\n",
        message_id="<1@example.org>",
        at=AT,
    )
    return made.as_bytes()


def check(text: str) -> None:
    raw = sent(text, text)
    read = email.message_from_bytes(raw, policy=default)
    assert sorted(read.keys()) == sorted(
        ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
         "Content-Transfer-Encoding", "MIME-Version")
    )  # fmt: skip
    assert (read["To"], read["From"], read["Bcc"]) == ("bob@example.org", "locum@example.org", None)
    assert read.get_content().replace("\r\n", "\n") == one_line(text) + "\n"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))  # RFC 5322 2.1.1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names(text: str) -> None:
    check(text)


@settings(max_examples=50)
@given(st.text())
def test_any_text(text: str) -> None:
    check(text)


def test_one_line_is_one() -> None:
    assert one_line("a\r\n b\t\u2028c ") == "a b c"
    assert one_line(None) == ""
    assert one_line("x" * 10, 5) == "xxxx…"


def test_a_header_with_a_line_end_is_refused_by_the_library_too() -> None:
    with pytest.raises(ValueError):
        message(sender="a@b.c", address="a@b.c", subject="a\r\nBcc: x@y.z", body="", message_id="<1@b>", at=AT)
