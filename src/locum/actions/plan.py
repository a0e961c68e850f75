"""PURE: the ordered steps that make one session's access real, each with what its undo needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

LONGEST_LOGIN = 32
SCRIPT = "custom_script"
NO_RIGHT = frozenset({SCRIPT, "file_monitor"})
"""Steps that give no right: when one fails at the end of a session, that is said once, and not tried for ever."""
FIRST = ("own_account", "managed_account", "account")
"""What the login itself is, by the number of its LoginType."""
BEFORE, DURING, AFTER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step on a target. `phase` is BEFORE, DURING or AFTER; a step AFTER is done when the others are undone.

    `continue_on_fail`: the session goes on without it. `timeout_s`: seconds after which it counts as failed.
    """

    kind: str
    parameters: dict[str, str] = field(default_factory=dict)
    phase: int = BEFORE
    continue_on_fail: bool = False
    timeout_s: int = 60


def login_name(person: str, tail: str) -> str:
    """The ephemeral account's name: what a Linux login may hold of the person's name, then a random tail.

    Follows the reference's rule for an activity identity (A.7: user name plus a piece of the session id), kept to
    `[a-z_][a-z0-9_-]{0,31}`. `tail` makes it unique; a foreign account of that name is never touched.
    """
    local = person.rsplit("\\", 1)[-1].split("@", 1)[0].lower()
    kept = re.sub(r"[^a-z0-9_]", "", local)
    if not kept or not (kept[0].isalpha() or kept[0] == "_"):
        kept = "u" + kept
    return f"{kept[: LONGEST_LOGIN - len(tail) - 1]}-{tail}"


def steps(
    *,
    login: str,
    public_key: str | None,
    actions: Sequence[PlannedStep],
    login_type: int = 2,
    account: dict[str, str] | None = None,
    context: dict[str, str] | None = None,
    leave_in_group: bool = True,
) -> list[PlannedStep]:
    """First whatever the rights hang on (account, key), then the activity's own actions; undone in reverse.

    No `public_key` where the host takes certificates of Locum's user CA, and where there is a password. `account` is
    what its step says besides the login, `context` what a script is told besides. A role or privilege is told whether
    its login is kept; without `leave_in_group` membership of a group or role is told that it ends with the session even
    where it was there before. Actions BEFORE come before those DURING. Those AFTER stand last and the other way round:
    when the session ends they are the first, in their order, while the account is still there.
    """
    planned = [PlannedStep(FIRST[login_type], account or {})]
    if public_key is not None:
        planned.append(PlannedStep("authorized_key", {"public_key": public_key}))
    for phase in (BEFORE, DURING):
        planned += [action for action in actions if action.phase == phase]
    planned += [action for action in reversed(actions) if action.phase == AFTER]
    kept = {"kept": "true"} if login_type != FIRST.index("account") else {}
    member = {} if leave_in_group or not kept else {"leave": "false"}
    told = {SCRIPT: context or {}, "group": member, "role": kept | member, "grant": kept}
    return [replace(s, parameters={**s.parameters, **told.get(s.kind, {}), "login": login}) for s in planned]
