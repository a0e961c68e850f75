"""PURE: the ordered steps that make one session's access real, each with what its undo needs."""

from __future__ import annotations

import re

Step = tuple[str, dict[str, str]]

LONGEST_LOGIN = 32


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


def steps(*, login: str, public_key: str | None, actions: list[Step]) -> list[Step]:
    """First whatever the rights hang on (account, key), then the activity's own actions; undone in reverse.

    No `public_key` where the host takes certificates of Locum's user CA.
    """
    planned: list[Step] = [("account", {"login": login})]
    if public_key is not None:
        planned.append(("authorized_key", {"login": login, "public_key": public_key}))
    planned += [(kind, {"login": login, **parameters}) for kind, parameters in actions]
    return planned
