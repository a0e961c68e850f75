"""A browser's terminal whose connection has just ended, while the page has not heard of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import asyncssh

from estate import Estate
from locum.activities.channel_rules import DEFAULT, ChannelRules
from locum.api.terminals import Holder
from locum.kit.errors import Conflict

ENDED = "your session ended: time is over"


class EndedShell:
    rules: ChannelRules = DEFAULT
    connection_id: UUID | None = None
    ended: str | None = ENDED

    async def start(self, size: tuple[int, int]) -> None: ...

    async def ready(self) -> None:
        raise Conflict(ENDED)

    async def read(self) -> bytes:
        return b""

    async def write(self, data: bytes) -> None: ...

    def resize(self, size: tuple[int, int]) -> None: ...

    @contextlib.asynccontextmanager
    async def files(self) -> AsyncIterator[asyncssh.SFTPClient]:
        raise Conflict(ENDED)
        yield

    async def close(self) -> None: ...


async def ended_terminal(estate: Estate) -> str:
    """One of Ada's; its id."""
    sign_in = await estate.get(estate.ada, "/api/locum/v1/SignIn/Current")
    holder = Holder(UUID(estate.ids["ada"]), UUID(sign_in["id"]))
    return str(estate.callers.api.terminals.add(holder, EndedShell()))
