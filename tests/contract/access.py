"""Who may call an operation, as contract/ has it."""

from __future__ import annotations

from dataclasses import dataclass

from contract.comparison import load


@dataclass(frozen=True)
class Access:
    """`roles` None: no complete sign-in at all; empty: every one. `steps`: sign-ins that lack one of these."""

    roles: frozenset[str] | None
    steps: frozenset[str] = frozenset()
    open: bool = False

    def admits(self, *roles: str) -> bool:
        """Whether a complete sign-in with these roles passes."""
        return self.roles is not None and (not self.roles or bool(self.roles & set(roles)))


def _wanted() -> dict[str, Access]:
    deviations = load("deviations")
    found = {name: Access(frozenset(fact["roles"])) for name, fact in load("operations").items()}
    for entry in deviations["extra"]:
        roles = frozenset(entry["roles"]) if "roles" in entry else None
        found[entry["operation"]] = Access(roles, frozenset(entry.get("steps", ())), entry.get("open", False))
    for entry in deviations["deviation"]:
        if "steps" in entry:
            found[entry["operation"]] = Access(found[entry["operation"]].roles, frozenset(entry["steps"]))
    return found


ACCESS = _wanted()
"""By operation: the roles of operations.json, and for operations beyond it the entries of deviations.toml."""
