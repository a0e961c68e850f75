"""PURE: what the steps on a database may say. Names reach the server as quoted identifiers or bound values and may be
anything that such a name can be; what can't be quoted (privileges, kinds of things, times) comes from fixed lists."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from locum.connectors.base import Step, TargetRefused
from locum.connectors.values import account_name

MARKER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

POSTGRESQL_PRIVILEGES = {
    "database": ("CONNECT", "CREATE", "TEMPORARY"),
    "schema": ("USAGE", "CREATE"),
    "tables": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    "sequences": ("USAGE", "SELECT", "UPDATE"),
}
"""What a grant may be on: a database, or a schema of the database signed in to, or all tables or sequences there."""

MARIADB_PRIVILEGES = {
    "database": (
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "EXECUTE",
        "CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
        "EVENT", "TRIGGER",
    ),
    "server": ("PROCESS", "RELOAD", "SHOW DATABASES", "BINLOG MONITOR", "REPLICA MONITOR"),
}  # fmt: skip
"""Nothing here lets a login give rights to others or read files of the server."""


@dataclass(frozen=True, slots=True)
class DatabaseRight:
    """A step, checked. `until` is the moment from which the password lets nobody in. `kept`: the login stays after the
    session; `create` and `delete` say whether a managed one is made if missing, and deleted if it was made."""

    login: str
    until: dt.datetime | None = None
    owned_to: str | None = None
    role: str = ""
    on: str = ""
    name: str = ""
    privileges: tuple[str, ...] = ()
    kept: bool = False
    create: bool = False
    delete: bool = False


def database_right(step: Step, most: int, privileges: dict[str, tuple[str, ...]]) -> DatabaseRight:
    """The step's values, names of at most `most` bytes. Raises TargetRefused for what could mean something else."""
    given = step.parameters
    if not MARKER.fullmatch(step.marker):
        raise TargetRefused("the session's id is malformed")
    login = account_name(given.get("login", ""), most)
    kept = given.get("kept") == "true"
    match step.kind:
        case "own_account" | "managed_password":
            return DatabaseRight(login, kept=True)
        case "managed_account":
            return DatabaseRight(
                login, kept=True, create=given.get("create") == "true", delete=given.get("delete") == "true"
            )
        case "account":
            owned_to = given.get("owned_to") or None
            return DatabaseRight(
                login,
                until=_time(given.get("until")),
                owned_to=account_name(owned_to, most) if owned_to else None,
            )
        case "role":
            return DatabaseRight(login, role=account_name(given.get("role", ""), most), kept=kept)
        case "grant":
            on = given.get("on", "")
            if on not in privileges:
                _unknown("a grant is on one of", list(privileges))
            asked = _privileges(given)
            if not set(asked) <= set(privileges[on]):
                _unknown(f"the privileges on a {on} are", privileges[on])
            name = "" if on == "server" else account_name(given.get("name", ""), most)
            return DatabaseRight(login, on=on, name=name, privileges=asked, kept=kept)
    raise TargetRefused("a database knows no step of that kind")


def asked_of(kind: str, parameters: Mapping[str, str]) -> frozenset[str]:
    """The rights that a step on a login that stays gives, as `had_before` names them."""
    match kind:
        case "grant":
            return frozenset(_privileges(parameters))
        case "role":
            return frozenset({"member"})
    return frozenset({"there"})


def about(kind: str, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """What the step's rights are on: two steps on one login may give the same ones."""
    return kind, *(parameters.get(name, "") for name in ("role", "on", "name"))


def had_before(found: Mapping[str, str] | None) -> frozenset[str]:
    """The rights that were there before the session: they stay. One on a table or sequence is `PRIVILEGE:OID`."""
    return frozenset(json.loads((found or {}).get("had", "[]")))


def as_found(had: frozenset[str] | set[str], key: str | None = None) -> dict[str, str]:
    """What `look` answers of a login that stays. `key` is what the server knows it by, if it is there."""
    return {"had": json.dumps(sorted(had)), **({} if key is None else {"key": key})}


def _privileges(given: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(" ".join(each.split()).upper() for each in given.get("privileges", "").split(","))


def _time(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise TargetRefused("the end of the login is no point in time") from None
    if found.tzinfo is None:
        raise TargetRefused("the end of the login has no time zone")
    return found.astimezone(dt.UTC)


def _unknown(what: str, known: list[str] | tuple[str, ...]) -> NoReturn:
    raise TargetRefused(f"{what} {', '.join(known)}")
