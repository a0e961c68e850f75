"""The short form of the benchmark, end to end, with rows that are cheap and whose margins are wide."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.measure import Goal, Row, interleave, percentile

from bench import report

CHECKOUT = Path(report.__file__).parent.parent


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def row(ours: list[float], theirs: list[float], goal: Goal) -> Row:
    return Row("a", "a & b", "peer", "ms", ours, theirs, goal, goal)


def test_two_rows_keep_their_margins_and_leave_results(tmp_path: Path) -> None:
    done = bench("--short", "--results", str(tmp_path), "request", "page")
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.json")
    results: dict[str, Any] = json.loads(file.read_text())
    assert results["short"] is True
    assert set(results["machine"]) >= {"cores", "memoryGiB", "python"}
    rows = {found["row"]: found for found in results["rows"]}
    assert set(rows) == {"request", "page"}
    for name, found in rows.items():
        assert found["marginMet"]
        assert len(found["ours"]["samples"]) == len(found["theirs"]["samples"]) >= 3
        assert found["ratio"] == pytest.approx(found["ours"]["median"] / found["theirs"]["median"], abs=0.01)
        assert f"\n{name} " in done.stdout
        assert (tmp_path / f"{name}.svg").read_text().startswith("<svg")


@pytest.mark.full
def test_who_watches_is_not_far_behind(tmp_path: Path) -> None:
    done = bench("--short", "--results", str(tmp_path), "live-lag")
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.json")
    rows = [row["row"] for row in json.loads(file.read_text())["rows"]]
    assert rows == ["live-lag-p50", "live-lag-p99", "live-lag-busy-p50", "live-lag-busy-p99"]


@pytest.mark.full
def test_the_console_can_be_used_soon_even_on_a_loaded_machine(tmp_path: Path) -> None:
    done = bench("--short", "--results", str(tmp_path), "console")
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.json")
    rows = {found["row"]: found for found in json.loads(file.read_text())["rows"]}
    assert set(rows) == {"console-sign-in", "console-access"}
    for found in rows.values():
        assert found["marginMet"]
        assert found["extra"]["worst"] == found["ours"]["high"]


def test_an_unknown_row_is_refused_before_anything_starts() -> None:
    done = bench("tea")
    assert done.returncode == 2
    assert "no such row: tea" in done.stderr


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "met"),
    [
        (Goal("at_least", 0.6), 60, 100, True),
        (Goal("at_least", 0.6), 59, 100, False),
        (Goal("at_most", 1.5), 15, 10, True),
        (Goal("at_most", 1.5), 16, 10, False),
        (Goal("within", 0.25), 1.25, 1.0, True),
        (Goal("within", 0.25), 1.5, 1.0, False),
        (Goal("ceiling", 2), 2, 1, True),
        (Goal("ceiling", 2), 2.1, 9, False),
    ],
)
def test_goals(goal: Goal, ours: float, theirs: float, met: bool) -> None:
    assert row([ours], [theirs], goal).met(goal) is met


def test_a_ratio_is_of_medians_so_that_one_bad_round_does_not_decide() -> None:
    assert row([1, 2, 90], [4, 4, 4], Goal("at_most", 1)).ratio == 0.5


def test_rounds_are_taken_in_turn() -> None:
    calls: list[str] = []

    def sample(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    assert interleave(2, lambda: sample("A"), lambda: sample("B")) == ([1, 3], [2, 4])
    assert calls == ["A", "B", "A", "B"]


def test_percentiles() -> None:
    samples = [float(n) for n in range(100, 0, -1)]
    assert percentile(samples, 50) == 51
    assert percentile(samples, 99) == 100
    assert percentile([7.0], 99) == 7


def test_a_picture_escapes_what_it_is_told() -> None:
    assert "a &amp; b" in report.picture(row([1], [2], Goal("at_most", 1)))
