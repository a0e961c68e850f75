"""The burn-down counts what is built and what tests have seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.burndown import BurnDown, main, marked_operations, measure

from scripts import burndown


def test_marks_are_read_from_the_sources(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.sees_effect('A.One')]\n"
        "@pytest.mark.sees_effect('A.Two', 'B.Three')\n"
        "class TestX:\n"
        "    @pytest.mark.full\n"
        "    def test_y(self): ...\n"
    )
    (tmp_path / "helper.py").write_text("import pytest\nx = pytest.mark.sees_effect('C.Four')\n")
    assert marked_operations(tmp_path) == {"A.One", "A.Two", "B.Three"}


def test_counts_by_controller() -> None:
    found = BurnDown(
        contract=frozenset({"A.One", "A.Two", "B.Three"}),
        built=frozenset({"A.One", "B.Three", "X.Own"}),
        seen=frozenset({"B.Three", "X.Own"}),
        unknown=frozenset(),
    )
    lines = [line.split() for line in found.lines()]
    assert lines[1:4] == [["all", "3", "2", "1", "1"], ["A", "2", "1", "0", "1"], ["B", "1", "1", "1", "0"]]
    assert found.lines()[-1] == "beyond the contract: 1, 1 of them with their effect seen"


def test_the_live_numbers_add_up() -> None:
    found = measure()
    assert len(found.contract) == 224
    assert found.seen <= found.built


def test_a_mark_that_names_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        burndown,
        "measure",
        lambda: BurnDown(frozenset(), frozenset(), frozenset(), frozenset({"No.Such"})),
    )
    assert main() == 1
    assert "No.Such, which does not exist" in capsys.readouterr().err
