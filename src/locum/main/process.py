"""What every long-running process of Locum does first, and how it waits for its end."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from typing import Any

import structlog

from locum.kit.errors import StartError
from locum.kit.settings import split_address
from locum.main.logs import configure_logs
from locum.vault.process import harden

log = structlog.get_logger("locum")


def set_up() -> None:
    """Logs, memory that nobody reads, and an interpreter that answers quickly. Raises StartError."""
    configure_logs(sys.stderr)
    harden()
    # What is there by now stays: it is not looked through again, and garbage is looked for as often as usual.
    gc.freeze()
    gc.set_threshold(700, 10, 10)
    # A keystroke waits for the thread that holds the interpreter: with 0.5 ms in place of 5 its p99 beside another
    # session's bulk transfer falls to about a quarter.
    sys.setswitchinterval(0.0005)


def listen(address: str, option: str) -> socket.socket:
    host, port = split_address(address, option)
    try:
        family, kind, proto, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(512)
        listener.setblocking(False)
    except OSError as error:
        raise StartError(f"can't listen on {option} {address}: {os.strerror(error.errno or 0)}") from None
    return listener


async def until_told(stop: asyncio.Event, vital: list[asyncio.Task[Any]]) -> bool:
    """Until a signal (True), or until a part that must live has died, which ends the process (False)."""
    told = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([told, *vital], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {told}:
        log.error("a part of Locum has died", part=task.get_name(), exc_info=task.exception())
    told.cancel()
    return stop.is_set()


async def cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
