"""The score of mutation testing, read from results as mutmut leaves them; and the option that makes it affordable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.mutation import ROOT, Tally, enough, function_of, lines, tallies

KILLED, BROKE_PYTEST, SURVIVED, NO_TEST, OUT_OF_TIME, CRASHED = 1, 3, 0, 33, -24, -11


def results(folder: Path, source: str, *statuses: int | None) -> None:
    file = folder / f"{source}.meta"
    file.parent.mkdir(parents=True, exist_ok=True)
    names = {f"locum.a.x_run__mutmut_{number}": status for number, status in enumerate(statuses)}
    file.write_text(json.dumps({"exit_code_by_key": names}))


def test_what_counts_as_killed(tmp_path: Path) -> None:
    results(tmp_path, "src/a.py", KILLED, BROKE_PYTEST, OUT_OF_TIME, SURVIVED, NO_TEST, CRASHED, None)
    results(tmp_path, "src/none.py")
    (tally,) = tallies(tmp_path)
    assert (tally.file, tally.killed, tally.total, tally.untried) == ("src/a.py", 3, 6, 1)
    assert [name[-1] for name in tally.alive] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("mutant", "function"),
    [
        ("locum.identities.signin.x__find__mutmut_3", "_find"),
        ("locum.identities.signin.xǁSignInǁpassword__mutmut_12", "SignIn.password"),
        ("locum.identities.signin.xǁSignInǁ__init____mutmut_1", "SignIn.__init__"),
    ],
)
def test_survivors_are_named_by_function(mutant: str, function: str) -> None:
    assert function_of(mutant) == function


def test_the_report() -> None:
    found = [
        Tally("src/a.py", 3, ("locum.a.x_run__mutmut_1",)),
        Tally("src/b.py", 5, ()),
    ]
    printed = [" ".join(line.split()) for line in lines(found)]
    assert printed == [
        "src/a.py score: 3/4 = 75.0 %",
        "1 alive in run",
        "src/b.py score: 5/5 = 100.0 %",
        "all score: 8/9 = 88.9 %",
    ]


@pytest.mark.parametrize(("killed", "alive", "passes"), [(85, 15, True), (84, 15, False), (0, 0, False)])
def test_the_goal(killed: int, alive: int, passes: bool) -> None:
    assert enough([Tally("src/a.py", killed, ("x",) * alive)]) is passes


@pytest.mark.parametrize(("killed", "passes"), [(90, True), (89, False)])
@pytest.mark.parametrize(
    "file",
    [
        "src/locum/vault/seal.py",
        "src/locum/rotation/plan.py",
        "src/locum/policies/decide.py",
        "src/locum/sessions/lifecycle.py",
    ],
)
def test_what_all_else_rests_on_has_a_higher_goal(file: str, killed: int, passes: bool) -> None:
    """However well the rest is tested."""
    assert enough([Tally("src/a.py", 1000, ()), Tally(file, killed, ("x",) * (100 - killed))]) is passes


@pytest.mark.full
def test_tests_of_storage_can_be_narrowed_to_one_kind_of_database() -> None:
    def collected(*options: str) -> str:
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/kit/test_db.py", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    assert "[sqlite]" in collected()
    assert "[postgresql]" in collected()
    alone = collected("--databases=sqlite")
    assert "[sqlite]" in alone
    assert "[postgresql]" not in alone
    assert "a_database_restart_is_survived" not in alone
    assert "[sqlite]" not in collected("--databases=postgresql")
