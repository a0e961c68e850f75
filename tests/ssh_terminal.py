"""A terminal window with the real `ssh` in it, for the tests of the SSH gateway."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import AsyncIterator

from ssh_gateway import NAME, Client


class Terminal:
    """A terminal window with `ssh` in it."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self.shown = b""
        self._master = master
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:
            data = b""
        if data:
            self.shown += data
        else:
            asyncio.get_running_loop().remove_reader(self._master)
        self._news.set()

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._master, data)

    def resize(self, width: int, height: int) -> None:
        """Drag a corner of the window."""
        set_size(self._master, width, height)

    async def expect(self, pattern: bytes, timeout: float = 15) -> re.Match[bytes]:
        """Wait for the pattern to be shown, and take off what is shown up to its end."""
        try:
            async with asyncio.timeout(timeout):
                while (found := re.search(pattern, self.shown)) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{pattern!r} was not shown, but {self.shown!r}") from None
        self.shown = self.shown[found.end() :]
        return found

    async def closed(self, timeout: float = 15) -> int:
        """Wait for `ssh` to end; its status."""
        async with asyncio.timeout(timeout):
            status = await self.process.wait()
        await asyncio.sleep(0.05)
        return status


def set_size(terminal: int, width: int, height: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


@contextlib.asynccontextmanager
async def open_terminal(
    client: Client, *words: str, size: tuple[int, int] = (80, 24), user: str = NAME
) -> AsyncIterator[Terminal]:
    """Run `ssh` in a terminal of this size."""
    master, slave = pty.openpty()
    set_size(master, *size)

    def own_the_terminal() -> None:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    process = await asyncio.create_subprocess_exec(
        *client.command(*words, user=user),
        env=client.environment(),
        cwd=client.home,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=own_the_terminal,
    )
    os.close(slave)
    terminal = Terminal(process, master)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
