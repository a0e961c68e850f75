"""Logs: JSON lines where nobody watches, also what libraries say."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from locum.main.logs import configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    handlers, level = logging.root.handlers[:], logging.root.level
    out = io.StringIO()
    configure_logs(out)
    yield out
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


def test_lines_are_json(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("hello", who="me\n\x1b[31m")
    logging.getLogger("library").warning("careful %s", "now")
    logging.getLogger("library").info("chatter")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["hello", "careful now"]
    assert lines[0]["who"] == "me\n\x1b[31m"
    assert "\x1b" not in stream.getvalue()


def test_a_full_disk_loses_lines_and_no_work(stream: io.StringIO) -> None:
    full = open("/dev/full", "w")  # noqa: SIM115 - closing it fails, too
    configure_logs(full)
    structlog.get_logger("test").error("nobody will read this")
    logging.getLogger("test").error("nor this")
    with contextlib.suppress(OSError):
        full.close()
