"""Change code in thousands of small ways and count which changes the tests notice.

`python -m scripts.mutation [name …]`: mutmut makes the mutants and runs, for each, the tests that reach its function
(`[tool.mutmut]` in pyproject.toml names the code and the tests); this prints how many were killed, by file and in all,
and names the survivors by function. A `name` is a module, such as `signin`, `api.guards` or `vault.*`; without one all
are tried, from nothing. A mutant that no test reaches counts as alive, one that runs out of its time as killed. Exits 1
below 85 %, and below 90 % of the vault's, the rotation plan's, the decision's or the session rules'.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = "mutants"
GOAL = 0.85
HIGHER_GOALS = {
    "src/locum/policies/decide.py": 0.9,
    "src/locum/rotation/plan.py": 0.9,
    "src/locum/sessions/": 0.9,
    "src/locum/vault/": 0.9,
}
# Exit statuses as mutmut keeps them: pytest's for a failed test and for an error of its own (a mutant that breaks an
# import); those of a process that ran out of its time.
_KILLED = frozenset({1, 3})
_OUT_OF_TIME = frozenset({-24, 24, 36, 152, 255})
_NOT_TRIED = None


@dataclass(frozen=True)
class Tally:
    """What became of the mutants of one file: `alive` names those no test noticed."""

    file: str
    killed: int
    alive: tuple[str, ...]
    untried: int = 0

    @property
    def total(self) -> int:
        return self.killed + len(self.alive)


def tallies(folder: Path) -> Iterator[Tally]:
    """Read mutmut's results under `folder`: a JSON file for each mutated source."""
    for meta in sorted(folder.rglob("*.py.meta")):
        outcomes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        tried = {name: status for name, status in outcomes.items() if status is not _NOT_TRIED}
        alive = [name for name, status in tried.items() if status not in _KILLED | _OUT_OF_TIME]
        source = meta.relative_to(folder).as_posix().removesuffix(".meta")
        if outcomes:
            yield Tally(source, len(tried) - len(alive), tuple(alive), len(outcomes) - len(tried))


def function_of(mutant: str) -> str:
    """`locum.identities.signin.xǁSignInǁpassword__mutmut_3` → `SignIn.password`."""
    mangled = mutant.rpartition(".")[2].partition("__mutmut_")[0]
    return mangled.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in mangled else mangled.removeprefix("x_")


def lines(found: list[Tally]) -> Iterator[str]:
    """The report: a line for each file, below it its functions with survivors, and the line of all at the end."""
    for tally in found:
        yield _score(tally.file, tally.killed, tally.total)
        for function, number in Counter(map(function_of, tally.alive)).most_common():
            yield f"    {number:>4} alive in {function}"
    yield _score("all", sum(tally.killed for tally in found), sum(tally.total for tally in found))


def _score(name: str, killed: int, total: int) -> str:
    return f"{name:<48} score: {killed}/{total} = {100 * killed / max(total, 1):.1f} %"


def enough(found: list[Tally]) -> bool:
    """Whether enough mutants were killed, of all and of each part that has a goal of its own."""
    if not _reached(found, GOAL):
        return False
    parts = [
        ([tally for tally in found if tally.file.startswith(part)], goal) for part, goal in HIGHER_GOALS.items()
    ]
    return all(_reached(part, goal) for part, goal in parts if part)


def _reached(found: list[Tally], goal: float) -> bool:
    killed, total = sum(tally.killed for tally in found), sum(tally.total for tally in found)
    return total > 0 and killed / total >= goal


def main() -> int:
    names = sys.argv[1:]
    shutil.rmtree(ROOT / WORK, ignore_errors=True)
    patterns = [f"locum.{name if '.' in name else f'identities.{name}'}.x*" for name in names]
    done = subprocess.run([str(Path(sys.executable).with_name("mutmut")), "run", *patterns], cwd=ROOT, check=False)
    if done.returncode:
        return done.returncode
    found = list(tallies(ROOT / WORK))
    if not names and (untried := sum(tally.untried for tally in found)):
        print(f"mutation: {untried} mutants were not tried", file=sys.stderr)
        return 1
    tried = [tally for tally in found if tally.total]
    report = "\n".join(lines(tried))
    (ROOT / WORK / "report.txt").write_text(report + "\n")
    print(report)
    return 0 if enough(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
