"""Print how much of the contract is built, and how much of that a test has seen to work.

An operation counts as seen when a test marked `sees_effect("Controller.Id")` looks for its effect elsewhere than in its
own answer. Run as `python -m scripts.burndown`; exits 1 if a test names an operation that does not exist.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from locum.api.app import all_routes

ROOT = Path(__file__).resolve().parent.parent
MARK = "sees_effect"


@dataclass(frozen=True)
class BurnDown:
    """Names of operations. `unknown` are those that tests mark but neither the contract nor Locum has."""

    contract: frozenset[str]
    built: frozenset[str]
    seen: frozenset[str]
    unknown: frozenset[str]

    def lines(self) -> list[str]:
        """The report: one line for the whole, one for each controller, one for what lies beyond the contract."""
        total = Counter(map(_controller, self.contract))
        built = Counter(map(_controller, self.built & self.contract))
        seen = Counter(map(_controller, self.seen & self.built & self.contract))
        beyond = self.built - self.contract
        rows = [("all", total.total(), built.total(), seen.total())]
        rows += [(name, total[name], built[name], seen[name]) for name in sorted(total)]
        head = f"{'contract':<22}{'operations':>11}{'built':>7}{'effect seen':>13}{'merely answer':>15}"
        lines = [head, *(f"{name:<22}{of:>11}{b:>7}{s:>13}{b - s:>15}" for name, of, b, s in rows)]
        lines.append(
            f"beyond the contract: {len(beyond)}, {len(beyond & self.seen)} of them with their effect seen"
        )
        return lines


def _controller(name: str) -> str:
    return name.partition(".")[0]


def marked_operations(tests: Path) -> frozenset[str]:
    """Every operation named in a `sees_effect` mark under `tests`, read from the sources without running them."""
    found: set[str] = set()
    for file in sorted(tests.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == MARK:
                found |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return frozenset(found)


def measure(root: Path = ROOT) -> BurnDown:
    """Compare the contract, the operation table and the tests' marks."""
    contract = frozenset(op["name"] for op in json.loads((root / "contract" / "operations.json").read_text()))
    built = frozenset(route.operation.name for route in all_routes())
    marked = marked_operations(root / "tests")
    return BurnDown(contract, built, marked & built, marked - built)


def main() -> int:
    """Print the report."""
    found = measure()
    print("\n".join(found.lines()))
    for name in sorted(found.unknown):
        print(f"a test marks {name}, which does not exist", file=sys.stderr)
    return 1 if found.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
