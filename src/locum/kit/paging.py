"""One page of a list: where it starts, how long it is, how it is ordered and filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select

from locum.kit.db import ReadTx
from locum.kit.errors import Invalid

MAX_TAKE = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """`take=0` asks for the count alone. `order_by` is a key of the list's own table of columns."""

    skip: int = 0
    take: int = 100
    order_by: str | None = None
    descending: bool = False
    filter_text: str | None = None


def check_page(page: Page) -> None:
    """Raise Invalid for a page that can't be."""
    if page.skip < 0:
        raise Invalid("skip must not be negative", field="skip")
    if not 0 <= page.take <= MAX_TAKE:
        raise Invalid(f"take must lie between 0 and {MAX_TAKE}", field="take")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Rows of one page and the number of rows in the whole filtered list."""

    rows: list[T]
    total: int


def contains(columns: list[ColumnElement[Any]], text: str) -> ColumnElement[bool]:
    """Case-insensitive substring match on any of `columns`; `%` and `_` in the text are literal."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*(cast(c, String).ilike(f"%{escaped}%", escape="\\") for c in columns))


def fetch(
    tx: ReadTx,
    row_type: type[T],
    query: Select[Any],
    page: Page,
    *,
    columns: Mapping[str, ColumnElement[Any]],
    tie: ColumnElement[Any] | Sequence[ColumnElement[Any]],
    searched: list[str],
) -> Listed[T]:
    """Run `query` as one page: two statements (count, rows), whatever the number of rows.

    `columns` maps lower-cased wire names to what may be ordered or searched; all of `tie` make the order total.
    """
    check_page(page)
    query = filtered(query, page, columns=columns, searched=searched)
    total = int(tx.scalar(select(func.count()).select_from(query.order_by(None).subquery())))
    if page.take == 0 or page.skip >= total:
        return Listed([], total)
    query = in_order(query, page, columns=columns, tie=tie)
    return Listed(tx.rows(row_type, query.offset(page.skip).limit(page.take)), total)


def filtered(
    query: Select[Any], page: Page, *, columns: Mapping[str, ColumnElement[Any]], searched: list[str]
) -> Select[Any]:
    """Those rows that hold the page's text, if it has one."""
    if not page.filter_text:
        return query
    return query.where(contains([columns[name] for name in searched], page.filter_text))


def in_order(
    query: Select[Any],
    page: Page,
    *,
    columns: Mapping[str, ColumnElement[Any]],
    tie: ColumnElement[Any] | Sequence[ColumnElement[Any]],
) -> Select[Any]:
    """The rows in the page's order. Raises Invalid for one that the list has not."""
    order: list[ColumnElement[Any]] = [tie] if isinstance(tie, ColumnElement) else list(tie)
    if page.order_by:
        column = columns.get(page.order_by.lower())
        if column is None:
            raise Invalid("orderBy names no column of this list", field="orderBy")
        order.insert(0, column)
    return query.order_by(*(c.desc() if page.descending else c.asc() for c in order))


def nothing(page: Page) -> Listed[Any]:
    """The page of a list that is known to be empty; wrong limits are refused all the same."""
    check_page(page)
    return Listed([], 0)
