"""The contract's paging parameters as a Page, and its list envelope."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from locum.api.wire.base import DataTable, In, Line, Name, Out
from locum.kit.paging import Listed, Page

T = TypeVar("T", bound=Out)
R = TypeVar("R")


class Paging(In):
    """`take=0` asks for the count alone. A list whose contract names another default derives and overrides `take`."""

    skip: int = 0
    take: int = 100
    order_by: Name | None = None
    order_descending: bool = False
    filter_text: Line | None = None

    def page(self) -> Page:
        """As rooms understand it; limits are theirs to check."""
        return Page(self.skip, self.take, self.order_by, self.order_descending, self.filter_text)


class ColumnPaging(Paging):
    """Paging whose text may be looked for in chosen columns only."""

    filter_columns: list[Name] = msgspec.field(default_factory=list)


def data_table(model: type[T], listed: Listed[R]) -> DataTable[T]:
    """One page in the contract's envelope, each row read straight into `model`."""
    return DataTable[T](data=[model.from_row(row) for row in listed.rows], records_total=listed.total)
