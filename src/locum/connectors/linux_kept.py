"""Keeps connections to Linux hosts open for some seconds: signing in there costs more than most of what is done then.

Who comes next with the very same target, its secrets and its host key included, goes on with one; each serves one
piece of work at a time. See docs/decisions/0015-kept-connections.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from locum.connectors.base import Target
from locum.connectors.linux import LinuxConnector

IDLE_S = 15.0
MOST_IDLE = 64
AT_ONCE = 2
"""As many are opened to one host at once: it makes one change at a time, so that more of them would only wait there."""
PATIENCE_S = 5.0
"""Then one more is opened: those before may be busy with a script that takes minutes."""


@dataclass(eq=False)
class _Idle:
    target: Target
    connector: LinuxConnector
    timer: asyncio.TimerHandle | None = None


@dataclass
class _Host:
    """Connections of one account to one host: how many are at work, who waits for one, which are idle."""

    busy: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    idle: list[_Idle] = field(default_factory=list)


class KeptHosts:
    """The connections of one process."""

    def __init__(self, *, idle_s: float = IDLE_S, patience_s: float = PATIENCE_S) -> None:
        self._idle_s = idle_s
        self._patience_s = patience_s
        self._hosts: dict[tuple[str, int, str], _Host] = {}
        self._closed = False

    @asynccontextmanager
    async def connect(self, target: Target) -> AsyncIterator[LinuxConnector]:
        """As `LinuxConnector.connect`. A connection on which anything went wrong is not kept."""
        host = self._hosts.setdefault((target.host, target.port, target.username), _Host())
        await self._turn(host)
        host.busy += 1
        connector: LinuxConnector | None = None
        try:
            connector = self._take(host, target) or await LinuxConnector.open(target)
            yield connector
            self._keep(host, target, connector)
        except BaseException:
            if connector is not None:
                connector.abort()
                await connector.wait_closed()
            raise
        finally:
            host.busy -= 1
            self._next(host)

    def close(self) -> None:
        """Close what is idle, and keep nothing any more."""
        self._closed = True
        for host in self._hosts.values():
            while host.idle:
                self._drop(host, host.idle[0])

    async def _turn(self, host: _Host) -> None:
        """Wait until fewer than AT_ONCE are at work, but not for ever."""
        if host.busy < AT_ONCE:
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        host.waiting.append(turn)
        with suppress(TimeoutError):
            await asyncio.wait_for(turn, self._patience_s)

    def _next(self, host: _Host) -> None:
        while host.waiting:
            turn = host.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _take(self, host: _Host, target: Target) -> LinuxConnector | None:
        """Drops those that were opened with what holds no longer: a changed secret, another host key."""
        for one in reversed(host.idle.copy()):
            if one.target == target and one.connector.usable:
                self._forget(host, one)
                return one.connector
            self._drop(host, one)
        return None

    def _keep(self, host: _Host, target: Target, connector: LinuxConnector) -> None:
        idle_now = sum(len(one.idle) for one in self._hosts.values())
        if self._closed or target.trusted_host_key is None or not connector.usable or idle_now >= MOST_IDLE:
            connector.abort()
            return
        idle = _Idle(target, connector)
        idle.timer = asyncio.get_running_loop().call_later(self._idle_s, self._drop, host, idle)
        host.idle.append(idle)

    def _drop(self, host: _Host, idle: _Idle) -> None:
        self._forget(host, idle)
        idle.connector.abort()

    def _forget(self, host: _Host, idle: _Idle) -> None:
        host.idle.remove(idle)
        if idle.timer is not None:
            idle.timer.cancel()
