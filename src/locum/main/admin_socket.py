"""The 0600 socket in the data directory through which admin commands reach a running server."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import socket
import struct

import structlog

from locum.kit.errors import LocumError
from locum.main.compose import Node
from locum.main.operate import SOCKET_NAME, Console, console_actor

LONGEST_COMMAND = 64 * 1024

log = structlog.get_logger("locum.console")


class AdminSocket:
    """One JSON line in, one JSON line out."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._path = node.settings.data_dir / SOCKET_NAME
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. The mode is set before anybody can connect: the socket is bound under a mask."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST_COMMAND)
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Stop listening and remove the file."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(await reader.readline(), writer)
        except LocumError as error:
            answer = {"error": error.detail}
        except (ValueError, TypeError, KeyError):
            answer = {"error": "this is not a command"}
        except Exception:
            log.exception("an admin command failed")
            answer = {"error": "the command failed: see the server's log"}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, object]:
        asked = json.loads(line)
        node = self._node
        actor = console_actor(_peer(writer))
        console = Console(node.db, node.vault, node.settings, actor)
        return await asyncio.to_thread(console.perform, asked["command"], asked["arguments"])


def _peer(writer: asyncio.StreamWriter) -> str:
    """The account at the other end, by the kernel's word."""
    wire: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
