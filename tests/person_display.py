"""A display of a person whose `ssh` the tests run, and a program that draws on what it is told is its display."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ssh_gateway import Client

HOST = "127.0.0.1"
COOKIE = bytes(range(16))

DRAW = """
import os, socket, struct, subprocess
display = os.environ["DISPLAY"]
cookie = bytes.fromhex(subprocess.run(["xauth", "list", display], capture_output=True, text=True).stdout.split()[2])
subprocess.run(["xauth", "remove", display])
name = b"MIT-MAGIC-COOKIE-1"
wire = socket.create_connection(("127.0.0.1", 6000 + int(display.rsplit(":", 1)[1].split(".")[0])))
wire.sendall(struct.pack("<BxHHHHxx", 0x6c, 11, 0, len(name), len(cookie)) + name + b"\\0\\0" + cookie)
print(wire.recv(100).decode())
"""
"""For Python on the target: begins as an X11 program does, and prints what the display answers."""


@asynccontextmanager
async def display_of(client: Client) -> AsyncIterator[list[bytes]]:
    """Shows nothing and answers `drawn`, for the client to find; what it was sent first, which ends with its cookie
    where `ssh` put that in place of what the target knows."""
    began: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began.append(await reader.readexactly(12 + 20 + 16))
        writer.write(b"drawn")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    number = server.sockets[0].getsockname()[1] - 6000
    authority = client.home / "authority"
    subprocess.run(
        ["xauth", "-q", "-f", authority, "add", f"{HOST}:{number}", "MIT-MAGIC-COOKIE-1", COOKIE.hex()],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    client.extra_environment |= {"DISPLAY": f"{HOST}:{number}", "XAUTHORITY": str(authority)}
    yield began
    server.close()
