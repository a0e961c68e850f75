"""The ends of connections that the database did not take when they came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

import sqlalchemy as sa
import structlog

from locum.kit.db import Database, Tx

P = ParamSpec("P")
log = structlog.get_logger("locum.sessions")


class Owed:
    """In memory, one for each connection that ended meanwhile: after a crash `recover` finds these ends by itself."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._units: list[Callable[[Tx], None]] = []

    async def settle(self, fn: Callable[Concatenate[Tx, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write an end, now or, where the database does not take it, when it does."""
        unit: Callable[[Tx], None] = lambda tx: fn(tx, *args, **kwargs)  # noqa: E731
        try:
            await self._db.write(unit)
        except sa.exc.SQLAlchemyError:
            log.exception("the end of a connection can't be written: it is kept and tried again")
            self._units.append(unit)

    async def pay(self) -> bool:
        """Write what is owed; whether anything could be. What is refused waits behind all others from then on."""
        paid = False
        while self._units:
            try:
                await self._db.write(self._units[0])
            except sa.exc.SQLAlchemyError as error:
                self._units.append(self._units.pop(0))
                words = str(getattr(error, "orig", error)).partition("\n")[0]
                log.error("the end of a connection can't be written yet", owed=len(self._units), error=words)
                return paid
            del self._units[0]
            paid = True
        return paid
