"""Rules about size."""

from __future__ import annotations

from scripts.sizes import FILE_LINES, FUNCTION_LINES, Size, measure, report, too_long
from scripts.source import Source


def _function(lines: int) -> str:
    return "def grow():\n" + "    x = 1\n" * (lines - 1)


def test_files_functions_methods_and_inner_functions_are_measured() -> None:
    text = "class A:\n    @property\n    def b(self):\n        def c():\n            return 1\n        return c\n"
    assert measure([Source.parse("a.py", text)]) == [
        Size("a.py", "", 1, 6),
        Size("a.py", "A.b", 3, 4),
        Size("a.py", "A.b.c", 4, 2),
    ]


def test_the_limits_themselves_pass() -> None:
    at_limit = Source.parse("a.py", _function(FUNCTION_LINES) + "x = 1\n" * (FILE_LINES - FUNCTION_LINES))
    assert list(too_long([at_limit])) == []


def test_one_line_more_is_found() -> None:
    function = Source.parse("a.py", _function(FUNCTION_LINES + 1))
    file = Source.parse("b.py", "x = 1\n" * (FILE_LINES + 1))
    assert [(f.rule, f.subject) for f in too_long([function, file])] == [("long", "a.py::grow"), ("long", "b.py")]


def test_the_report_names_the_longest_first() -> None:
    sources = [Source.parse("src/a.py", _function(5)), Source.parse("src/b.py", _function(9))]
    table = report(sources)
    assert "2 files in src/, 14 lines" in table
    assert "2 functions in src/, 14 lines" in table
    assert table.index("src/b.py::grow") < table.index("src/a.py::grow")
