"""Paging parameters and the list envelope."""

from __future__ import annotations

import msgspec

from locum.api.paging import ColumnPaging, Paging, data_table
from locum.api.reading import read, reader_of
from locum.api.wire.base import Out, encoder
from locum.kit.paging import Listed, Page


class Row(msgspec.Struct):
    name: str
    other: int = 3


class Shown(Out):
    name: str = ""
    missing: int = 5


def test_parameters_become_a_page() -> None:
    sent = {"skip": "3", "take": "0", "orderby": "name", "orderdescending": "true", "filtertext": "x"}
    paging = read(reader_of(Paging), sent)
    assert paging.page() == Page(3, 0, "name", True, "x")


def test_nothing_sent_is_the_first_page() -> None:
    assert Paging().page() == Page()


def test_columns_may_be_chosen() -> None:
    assert read(reader_of(ColumnPaging), {"filtercolumns": ["a", "b"]}).filter_columns == ["a", "b"]
    assert ColumnPaging().filter_columns == []


def test_rows_go_into_the_envelope() -> None:
    table = data_table(Shown, Listed([Row("a"), Row("b")], 17))
    assert msgspec.json.decode(encoder.encode(table)) == {
        "data": [{"name": "a", "missing": 5}, {"name": "b", "missing": 5}],
        "recordsTotal": 17,
    }
