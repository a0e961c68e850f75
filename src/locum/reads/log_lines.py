"""Which lines of a log are asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from locum.kit.paging import Page, contains
from locum.sessions.model import LogLevel


@dataclass(frozen=True, slots=True)
class LinesAsked:
    """One page of those of one level, with a text in them, between two moments; nothing given is no bound."""

    skip: int = 0
    take: int = 100
    newest_first: bool = False
    level: int | None = None
    text: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def page(self, order_by: str) -> Page:
        """The page, by the column that a log is in order by."""
        return Page(self.skip, self.take, order_by, self.newest_first)

    def of(
        self,
        query: sa.Select[Any],
        *,
        at: sa.ColumnElement[Any],
        level: sa.ColumnElement[Any],
        texts: list[sa.ColumnElement[Any]],
    ) -> sa.Select[Any]:
        """The lines of `query` that are asked for."""
        if self.level is not None:
            query = query.where(level == LogLevel(self.level))
        if self.text:
            query = query.where(contains(texts, self.text))
        if self.since is not None:
            query = query.where(at >= self.since)
        if self.until is not None:
            query = query.where(at <= self.until)
        return query
