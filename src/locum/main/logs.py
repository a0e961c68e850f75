"""Logs to stderr: for people on a terminal, JSON lines otherwise. Nothing secret is ever handed to them."""

from __future__ import annotations

import contextlib
import logging
from typing import TextIO, cast

import structlog


def configure_logs(stream: TextIO) -> None:
    """Set up structlog and route the libraries' warnings through it."""
    for_people = stream.isatty()
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Lenient(stream))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
    # asyncssh logs every connection and, at debug level, contents: warnings only.
    logging.getLogger("asyncssh").setLevel(logging.ERROR)


class _Lenient:
    """Loses lines where they can't be written, on a full disk or to a reader that is gone. An exception would end the
    worker, and with it what takes access away."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


class _ToStructlog(logging.Handler):
    """Hands the standard library's records on, so that all logs have one form."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, record.getMessage())
