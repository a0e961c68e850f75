"""Gateway processes behind one port: started, started again, drained. Who connects is handed to the one that has least
to do; what one leaves when it dies is settled at once, and the others go on. See
docs/decisions/0017-gateway-processes.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from locum.gateway.ssh.gate import Gate, SignInSteps
from locum.gateway.ssh.gateway import CLOSE_TIMEOUT_S
from locum.kit.errors import StartError
from locum.main import gateway_link as say
from locum.main.gateway_assist import FarAssistant
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
    """The link to one process that accepts connections, and the socket over which it is handed them."""

    link: Link[FromGateway]
    desk: Desk
    hand: socket.socket
    handed: int = 0


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
        self._alive: set[asyncio.subprocess.Process] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._accepting: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [process.pid for process in self._alive]

    async def start(self, listener: socket.socket) -> None:
        """Start all of them, and accept on this socket. Raises StartError where one does not come up."""
        self._keepers = [asyncio.create_task(self._keep(place)) for place in range(len(self._ready))]
        up = asyncio.create_task(self._all_ready())
        await asyncio.wait([up, *self._keepers], timeout=START_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await self.stop(0)
            raise StartError("a process of the SSH gateway does not start: the log says why")
        self._accepting = asyncio.create_task(self._accept(listener))

    async def _all_ready(self) -> None:
        for ready in self._ready:
            await ready.wait()

    async def run(self) -> None:
        """Return, or raise, when a process can't be kept running any more."""
        assert self._accepting is not None
        done, _ = await asyncio.wait([self._accepting, *self._keepers], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self, drain_timeout: float) -> None:
        """Let nobody in any more, and end when nobody is connected, or after `drain_timeout` seconds."""
        self._stopping = True
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait({self._accepting})
        for running in self._running.values():
            running.link.send(say.Drain(drain_timeout))
        if self._keepers:
            await asyncio.wait(self._keepers, timeout=drain_timeout + 2 * CLOSE_TIMEOUT_S)
        for process in list(self._alive):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def assist(self, connection_id: UUID, name: str) -> FarAssistant | None:
        """Let `name` type in a connection of one of them; None where none has it. Raises Conflict."""
        for running in self._running.values():
            if running.desk.carries(connection_id):
                return await running.desk.assist(connection_id, name)
        return None

    async def _accept(self, listener: socket.socket) -> None:
        """Hand out who connects. Where no process runs, they wait in the socket's queue."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        with listener:
            while True:
                while not self._running:  # noqa: ASYNC110 - for the moment until the next one has started
                    await asyncio.sleep(AGAIN_S[0])
                try:
                    client, _ = await loop.sock_accept(listener)
                except OSError as error:  # no more descriptors, for example
                    log.error("the SSH gateway can't accept a connection", error=os.strerror(error.errno or 0))
                    await asyncio.sleep(1)
                    continue
                with client:
                    self._hand(client)

    def _hand(self, client: socket.socket) -> None:
        """Give it to the process with the fewest connections; among equals, each in turn. One that takes none, because
        it dies or is stuck, is passed over."""
        for running in sorted(self._running.values(), key=lambda one: (one.desk.connections, one.handed)):
            with contextlib.suppress(OSError):
                socket.send_fds(running.hand, [b"c"], [client.fileno()])
                running.handed += 1
                return
        log.error("no process of the SSH gateway takes a connection")

    async def _keep(self, place: int) -> None:
        """Have a process in this place until all stop."""
        loop = asyncio.get_running_loop()
        wait = AGAIN_S[0]
        while not self._stopping:
            began = loop.time()
            try:
                status = await self._live(place)
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

    async def _live(self, place: int) -> int:
        """One process from its start to its end, its connections settled; answers its exit status."""
        link_end, its_link = socket.socketpair()
        hand, its_hand = socket.socketpair()
        hand.setblocking(False)
        with hand:
            with its_link, its_hand:
                process = await _spawned(its_link, its_hand)
            self._alive.add(process)
            link: Link[FromGateway] = await Link.over(link_end, FromGateway)
            desk = Desk(link, self._gate, self._signin, lambda: self._came_up(place, running))
            running = _Running(link, desk, hand)
            link.send(self._start)
            try:
                await desk.serve()
            except ValueError as error:
                log.error("a process of the SSH gateway says what is no message", error=type(error).__name__)
                process.kill()
            link.close()
            status = await process.wait()
            self._running.pop(place, None)
            self._alive.discard(process)
        for grant in await desk.left():
            await self._settle(grant)
        return status

    def _came_up(self, place: int, running: _Running) -> None:
        running.handed = max((one.handed for one in self._running.values()), default=0)
        self._running[place] = running
        self._ready[place].set()
        if self._stopping:
            running.link.send(say.Drain(0))

    async def _settle(self, grant: Grant) -> None:
        digest = await asyncio.to_thread(self._close_recording, grant) if grant.record else None
        await self._gate.closed(grant, reason=LOST, recording_digest=digest)


async def _spawned(link: socket.socket, hand: socket.socket) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # nothing is imported from the folder that Locum was started in
        "-m",
        "locum.main.gateway_process",
        str(link.fileno()),
        str(hand.fileno()),
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=(link.fileno(), hand.fileno()),
        env={name: value for name, value in os.environ.items() if name.startswith(_INHERITED)},
    )
