"""Asks a person at a terminal what to open, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from locum.gateway.ssh.menu import PROMPT, TAKE, Line, Menu, Open, Show
from locum.gateway.ssh.relay import printable
from locum.kit.errors import Forbidden
from locum.kit.paging import Listed, Page
from locum.sessions.connections import Choice

AHEAD_LIMIT = 16  # lines typed while a page is being fetched

Fetch = Callable[[Page], Awaitable[Listed[Choice]]]


class Chooser:
    """`typed` takes keys, `choose` waits for what comes of them. `show` writes to the terminal."""

    def __init__(self, fetch: Fetch, show: Callable[[str], None]) -> None:
        self._fetch = fetch
        self._show = show
        self._line = Line()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    def typed(self, data: bytes) -> None:
        """The person typed this."""
        echo, lines = self._line.typed(data)
        if echo:
            self._show(echo)
        for line in lines:
            if self._lines.qsize() < AHEAD_LIMIT:
                self._lines.put_nowait(line)

    def leave(self) -> None:
        """The person is gone."""
        self._lines.put_nowait(None)

    async def choose(self) -> Choice:
        """What the person picks. Raises Forbidden where that is nothing, and what `fetch` raises."""
        menu = Menu()
        shown = Show()
        while True:
            listed = await self._fetch(Page(shown.skip, TAKE, filter_text=shown.search or None))
            rows = [(one.activity, one.resource) for one in listed.rows]
            self._show(menu.page(shown, rows, listed.total))
            while isinstance(asked := menu.answer(await self._lines.get()), str):
                self._show(f"{printable(asked)}\r\n{PROMPT}")
            if isinstance(asked, Open):
                return listed.rows[asked.number]
            if not isinstance(asked, Show):
                raise Forbidden("nothing was chosen")
            shown = asked
