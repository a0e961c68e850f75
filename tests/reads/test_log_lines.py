"""The page of a log: its order is the log's own."""

from __future__ import annotations

from locum.kit.paging import Page
from locum.reads.log_lines import LinesAsked


def test_the_page_is_of_the_logs_own_order() -> None:
    assert LinesAsked(3, 5, newest_first=True).page("at") == Page(3, 5, "at", descending=True)
    assert LinesAsked().page("id") == Page(0, 100, "id")
