"""Rows with a name of their own: whether a name is free, and what still uses a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.kit.db import ReadTx
from locum.kit.errors import Conflict, Invalid
from locum.kit.names import checked_name, name_key

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Use:
    """Rows called `word` that point to a thing by one of `columns`, and what each of them is called."""

    word: str
    name: sa.ColumnElement[str]
    columns: tuple[sa.ColumnElement[Any], ...]


class _User(msgspec.Struct, frozen=True):
    word: str
    name: str


def free_name(
    tx: ReadTx, table: sa.Table, name: str | None, word: str, *, but: UUID | None = None
) -> dict[str, str]:
    """The columns `name` and `name_key` of a row. Raises Invalid, and Conflict if another row than `but` has it."""
    shown = checked_name(name, field="name")
    key = name_key(shown)
    holder = tx.scalar(sa.select(table.c.id).where(table.c.name_key == key))
    if holder not in (None, but):
        raise _taken(word)
    return {"name": shown, "name_key": key}


@contextmanager
def name_kept(word: str) -> Iterator[None]:
    """Around the statement that writes a name: another transaction may have taken it since the look-up."""
    try:
        yield
    except IntegrityError as error:
        raise _taken(word) from error


def known(tx: ReadTx, column: sa.ColumnElement[Any], word: str, wanted: Mapping[str, UUID | None]) -> None:
    """Raise Invalid for the first wire field whose id is not among those of `column`: one statement."""
    ids = {thing for thing in wanted.values() if thing is not None}
    found = set(tx.scalars(sa.select(column).where(column.in_(ids)))) if ids else ids
    for field, thing in wanted.items():
        if thing is not None and thing not in found:
            raise Invalid(f"{field} names no {word}", field=field)


@contextmanager
def unused(tx: ReadTx, thing_id: UUID, word: str, uses: tuple[Use, ...]) -> Iterator[None]:
    """Around the statement that deletes a row: Conflict, naming by what it is used, if it is."""
    looks = [
        sa.select(sa.literal(use.word).label("word"), use.name.label("name")).where(
            sa.or_(*(column == thing_id for column in use.columns))
        )
        for use in uses
    ]
    users = tx.rows(_User, sa.select(sa.union_all(*looks).subquery()).limit(_SHOWN + 1))
    if users:
        named = [f"{user.word} “{user.name}”" for user in users[:_SHOWN]] + ["others"] * (len(users) > _SHOWN)
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        raise Conflict(f"this {word} is used by {listed}")
    try:
        yield
    except IntegrityError as error:  # used since the look-up
        raise Conflict(f"this {word} is used") from error


def _taken(word: str) -> Conflict:
    return Conflict(f"there is a {word} of this name already")
