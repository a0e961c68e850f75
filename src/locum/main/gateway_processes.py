"""Gateway processes behind one listening socket: started, started again, drained; what one leaves when it dies is
settled at once, and the others go on. See docs/decisions/0017-gateway-processes.md.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.gateway.ssh.gateway import CLOSE_TIMEOUT_S
from locum.kit.errors import StartError
from locum.main import gateway_link as say
from locum.main.gateway_desk import Desk
from locum.main.gateway_link import FromGateway, Link
from locum.sessions.connections import Grant

START_WITHIN_S = 60.0
AGAIN_S = (0.1, 10.0)  # between the death of a process and its next start
SETTLED_S = 10.0  # of life, after which a death is the first one again
LOST = "the gateway process that carried it was lost"
# Nothing else of the environment, where the database's address may be, and keys of other services.
_INHERITED = ("HOME", "LANG", "LC_", "LD_", "MALLOC_", "PATH", "PYTHON", "TMPDIR", "TZ")

CloseRecording = Callable[[Grant], str | None]
log = structlog.get_logger("locum")


@dataclass
class _Running:
    """One process, and the link to it."""

    process: asyncio.subprocess.Process
    link: Link[FromGateway]


class GatewayProcesses:
    """`start`, then `run` for as long as Locum does, then `stop`."""

    def __init__(
        self, number: int, gate: Gate, signin: SignInSteps, start: say.Start, *, close_recording: CloseRecording
    ) -> None:
        """`close_recording` closes what a dead process left open of one connection; answers its digest, and blocks."""
        self._gate = gate
        self._signin = signin
        self._start = start
        self._close_recording = close_recording
        self._ready = [asyncio.Event() for _ in range(number)]
        self._running: dict[int, _Running] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [running.process.pid for running in self._running.values()]

    async def start(self, listener: socket.socket) -> None:
        """Start all of them on this socket. Raises StartError where one does not come up."""
        self._keepers = [asyncio.create_task(self._keep(place, listener)) for place in range(len(self._ready))]
        up = asyncio.create_task(self._all_ready())
        await asyncio.wait([up, *self._keepers], timeout=START_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await self.stop(0)
            raise StartError("a process of the SSH gateway does not start: the log says why")

    async def _all_ready(self) -> None:
        for ready in self._ready:
            await ready.wait()

    async def run(self) -> None:
        """Return, or raise, when a process can't be kept running any more."""
        await asyncio.wait(self._keepers, return_when=asyncio.FIRST_COMPLETED)
        for keeper in self._keepers:
            if keeper.done():
                keeper.result()

    async def stop(self, drain_timeout: float) -> None:
        """Let nobody in any more, and end when nobody is connected, or after `drain_timeout` seconds."""
        self._stopping = True
        for running in self._running.values():
            running.link.send(say.Drain(drain_timeout))
        if self._keepers:
            await asyncio.wait(self._keepers, timeout=drain_timeout + 2 * CLOSE_TIMEOUT_S)
        for running in list(self._running.values()):
            running.process.kill()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, place: int, listener: socket.socket) -> None:
        """Have a process in this place until all stop."""
        loop = asyncio.get_running_loop()
        wait = AGAIN_S[0]
        while not self._stopping:
            began = loop.time()
            try:
                status = await self._live(place, listener)
            except Exception:  # The outermost boundary: whatever it was, there must be a process in this place.
                log.exception("a process of the SSH gateway can't be looked after")
                status = None
            if self._stopping:
                return
            if not self._ready[place].is_set():
                raise StartError("a process of the SSH gateway does not start: the log says why")
            log.error("a process of the SSH gateway has died and is started again", status=status)
            wait = AGAIN_S[0] if loop.time() - began > SETTLED_S else min(2 * wait, AGAIN_S[1])
            await asyncio.sleep(wait)

    async def _live(self, place: int, listener: socket.socket) -> int:
        """One process from its start to its end, its connections settled; answers its exit status."""
        mine, its = socket.socketpair()
        with its:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing is imported from the folder that Locum was started in
                "-m",
                "locum.main.gateway_process",
                str(its.fileno()),
                str(listener.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(its.fileno(), listener.fileno()),
                env={name: value for name, value in os.environ.items() if name.startswith(_INHERITED)},
            )
        link: Link[FromGateway] = await Link.over(mine, FromGateway)
        self._running[place] = _Running(process, link)
        desk = Desk(link, self._gate, self._signin, self._ready[place].set)
        link.send(self._start)
        if self._stopping:
            link.send(say.Drain(0))
        try:
            await desk.serve()
        except ValueError as error:
            log.error("a process of the SSH gateway says what is no message", error=type(error).__name__)
            process.send_signal(signal.SIGKILL)
        link.close()
        status = await process.wait()
        del self._running[place]
        for grant in await desk.left():
            await self._settle(grant)
        return status

    async def _settle(self, grant: Grant) -> None:
        digest = await asyncio.to_thread(self._close_recording, grant) if grant.record else None
        await self._gate.closed(grant, reason=LOST, recording_digest=digest)
