"""Finds what was shown or typed on recorded connections, by a part of a line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.identities.caller import Caller
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid
from locum.kit.paging import Listed, Page, contains, fetch
from locum.kit.permissions import Permission
from locum.reads.recordings import RecordingRow, of_any_session, viewable
from locum.recordings.lines import Stream
from locum.sessions.model import connection
from locum.sessions.recorded_text_model import LETTERS, letters, recorded_line

FEWEST_LETTERS = 3  # what the index of letters is made of


class Hit(RecordingRow, frozen=True):
    """A line that holds what was searched, `at_ms` after the start of its connection, which is the row's id."""

    line_id: int
    at_ms: int
    stream: int
    text: str


def search(
    tx: ReadTx,
    caller: Caller,
    text: str,
    page: Page,
    *,
    stream: Stream | None = None,
    session_id: UUID | None = None,
) -> Listed[Hit]:
    """One page of what `caller` may view, newest first: two statements. Raises Invalid for fewer than three letters.

    Ended sessions are searched, and live ones for whoever may view those. Nobody else is shown what was typed: like
    an exported recording, it may hold a password that no prompt was seen for.
    """
    check_text(text, field="filterText")
    live = Permission.RECORDINGS_LIVE_VIEW in caller.permissions
    of = (of_any_session(caller) if live else viewable(caller)).subquery()
    line = recorded_line.c
    query = sa.select(
        line.id.label("line_id"),
        line.at_ms,
        line.stream,
        line.text,
        *(of.c[name] for name in RecordingRow.__struct_fields__),
    ).select_from(recorded_line.join(of, of.c.id == line.connection_id))
    query = query.where(_holds(tx, text.strip()))
    if not live:
        query = query.where(line.stream == Stream.OUTPUT)
    if stream is not None:
        query = query.where(line.stream == stream)
    if session_id is not None:
        query = query.where(of.c.session_id == session_id)
    newest = Page(page.skip, page.take, "id", True)
    return fetch(tx, Hit, query, newest, columns={"id": line.id}, tie=line.id, searched=[])


def check_text(text: str, *, field: str) -> None:
    """Raise Invalid, which names the field, for fewer letters than the index is made of."""
    if len(text.strip()) < FEWEST_LETTERS:
        raise Invalid(f"{field} needs at least {FEWEST_LETTERS} characters", field=field)


def sessions_with(tx: ReadTx, text: str, stream: Stream | None) -> sa.Select[Any]:
    """The ids of the sessions on whose connections this was shown or typed (`metadataFilterText`, REC-04)."""
    found = (
        sa.select(connection.c.session_id)
        .join(recorded_line, recorded_line.c.connection_id == connection.c.id)
        .where(_holds(tx, text.strip()))
    )
    return found if stream is None else found.where(recorded_line.c.stream == stream)


def _holds(tx: ReadTx, text: str) -> sa.ColumnElement[bool]:
    """Lines with this in them, whatever its case, through the index of letters."""
    if tx.dialect != "sqlite":
        return contains([recorded_line.c.text], text)
    phrase = '"' + text.replace('"', '""') + '"'
    matches: sa.ColumnElement[Any] = letters.c[LETTERS].op("MATCH")(phrase)
    return recorded_line.c.id.in_(sa.select(letters.c.rowid).where(matches))
