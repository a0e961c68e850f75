"""Recordings over the API: ended sessions only, and of whom and where the role says (ROLE-04)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from estate import RESOURCES, SESSIONS, Estate, made, problem
from identities_world import Callers
from locum.api import recording
from locum.api.recording import LONGEST_CAST
from locum.audit.model import audit_event
from locum.identities.caller import Role
from locum.kit.db import Tx
from locum.recordings.archive import Archive
from locum.recordings.format import Event
from locum.recordings.key import wrapped_key
from locum.recordings.lines import Stream, TextLine
from locum.sessions import archiving
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection
from locum.sessions.recorded_text import add_lines
from object_store import object_store
from recorded import keep

pytestmark = pytest.mark.anyio

RECORDINGS = "/api/locum/v1/Recording"
VIEW = ["recordings:ended:view"]


async def recorded(estate: Estate, *, over: bool = True, who: str = "ada", **asked: Any) -> str:
    """A session of one recorded connection; answers the connection's id."""
    session_id = (await estate.ask(estate.ada if who == "ada" else estate.eve, **asked))["id"]
    estate.become(session_id, Status.ACTIVE)
    connection_id = estate.connect(session_id)
    if over:
        estate.become(session_id, Status.CANCELLING, Status.COMPLETE)
    return connection_id


async def listed(estate: Estate, who: Any) -> list[str]:
    return [row["id"] for row in (await estate.get(who, RECORDINGS))["data"]]


@pytest.mark.sees_effect("Recording.Search", "Recording.GetCast")
async def test_an_administrator_sees_what_happened(estate: Estate) -> None:
    connection_id = await recorded(estate)
    keep(
        estate.callers.api,
        connection_id,
        Event(0.0, "o", b"$ "),
        Event(1.0, "i", b"secret\r"),
        Event(2.0, "o", b"hello"),
    )
    (row,) = (await estate.get(estate.admin, RECORDINGS, filterText="web"))["data"]
    assert (row["userId"], row["userName"]) == (estate.ids["ada"], "ada")
    assert (row["managedResourceId"], row["managedResourceName"]) == (estate.ids["web01"], "web01")
    answer = await estate.admin.get(f"{RECORDINGS}/{row['id']}/Cast")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-asciicast")
    head, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert head["version"] == 2
    assert [line[1:] for line in lines] == [["o", "$ "], ["o", "hello"]]
    assert "secret" not in answer.text
    assert estate.audited("recording.viewed", connection_id) == 1


async def test_a_scope_holds_users_and_resources(estate: Estate) -> None:
    other = made(await estate.admin.post(RESOURCES, {"name": "db01", "ipAddress": "192.0.2.11"}))["id"]
    both = [estate.ids["web01"], other]
    await estate.policy("more", managedAccountIds=[estate.ids["ada"], estate.ids["eve"]], managedResourceIds=both)
    made_by = {
        (who, place): await recorded(estate, who=who, managedResourceId=where)
        for who in ("ada", "eve")
        for place, where in (("web01", estate.ids["web01"]), ("db01", other))
    }
    for connection_id in made_by.values():
        keep(estate.callers.api, connection_id, Event(0.0, "o", b"x"))
    every = set(made_by)
    for number, (lists, inside) in enumerate(
        (
            ({}, every),
            ({"managedAccountIds": [estate.ids["ada"]]}, {key for key in every if key[0] == "ada"}),
            ({"managedResourceIds": [other]}, {key for key in every if key[1] == "db01"}),
            ({"managedAccountIds": [estate.ids["eve"]], "managedResourceIds": [other]}, {("eve", "db01")}),
            ({"managedAccountIds": [estate.ids["root"]]}, set()),
        )
    ):
        who = await estate.holder(f"auditor{number}", VIEW, **lists)
        assert set(await listed(estate, who)) == {made_by[key] for key in inside}
        unknown = problem(await who.get(f"{RECORDINGS}/{uuid4()}/Cast"), 403)["detail"]
        assert unknown == "this needs the permission recordings:ended:view for this recording"
        for key, connection_id in made_by.items():
            answer = await who.get(f"{RECORDINGS}/{connection_id}/Cast")
            assert answer.status_code == (200 if key in inside else 403)
            assert key in inside or answer.json()["detail"] == unknown


async def test_of_ended_sessions_only(estate: Estate) -> None:
    connection_id = await recorded(estate, over=False)
    keep(estate.callers.api, connection_id, Event(0.0, "o", b"x"))
    auditor = await estate.holder("ann", VIEW)
    for who, status in ((estate.admin, 404), (auditor, 403)):
        assert await listed(estate, who) == []
        problem(await who.get(f"{RECORDINGS}/{connection_id}/Cast"), status)
    (session,) = (await estate.get(estate.ada, f"{SESSIONS}/SummaryByStatus/Active"))["data"]
    estate.become(session["id"], Status.CANCELLING, Status.COMPLETE)
    for who in (estate.admin, auditor):
        assert await listed(estate, who) == [connection_id]
        assert (await who.get(f"{RECORDINGS}/{connection_id}/Cast")).status_code == 200
    estate.database.submit_write(lambda tx: unrecord(tx)).result()
    assert await listed(estate, estate.admin) == []
    assert estate.audited("recording.viewed", connection_id) == 2


def unrecord(tx: Tx) -> None:
    tx.run(sa.update(connection).values(recorded=False))


async def test_nobody_else_sees_anything(estate: Estate) -> None:
    connection_id = await recorded(estate)
    keep(estate.callers.api, connection_id, Event(0.0, "o", b"x"))
    names = await estate.holder("ann", ["policies:name:modify"])
    for who in (estate.ada, estate.callers.application("robot"), names):
        problem(await who.get(RECORDINGS), 403)
        detail = problem(await who.get(f"{RECORDINGS}/{connection_id}/Cast"), 403)["detail"]
        assert detail == problem(await who.get(f"{RECORDINGS}/{uuid4()}/Cast"), 403)["detail"]
    assert "recordings:ended:view" in problem(await names.get(RECORDINGS), 403)["detail"]
    assert estate.audited("recording.viewed", connection_id) == 0


async def test_what_cannot_be_shown_is_said(estate: Estate) -> None:
    gone, damaged, foreign, long = [await recorded(estate) for _ in range(4)]
    assert "no recording" in problem(await estate.admin.get(f"{RECORDINGS}/{gone}/Cast"), 404)["detail"].lower()
    keep(estate.callers.api, damaged, Event(0.0, "o", b"x"))
    store = estate.callers.api.recordings
    raw = bytearray(store.path(UUID(damaged)).read_bytes())
    raw[-100] ^= 1
    store.path(UUID(damaged)).write_bytes(raw)
    assert "damaged" in problem(await estate.admin.get(f"{RECORDINGS}/{damaged}/Cast"), 409)["detail"]
    store.path(UUID(foreign)).write_bytes(store.path(UUID(damaged)).read_bytes())
    problem(await estate.admin.get(f"{RECORDINGS}/{foreign}/Cast"), 409)
    keep(
        estate.callers.api, long, *(Event(float(n), "o", b"x" * 60_000) for n in range(LONGEST_CAST // 60_000 + 1))
    )
    assert str(LONGEST_CAST) in problem(await estate.admin.get(f"{RECORDINGS}/{long}/Cast"), 413)["detail"]
    assert all(estate.audited("recording.viewed", one) == 0 for one in (gone, damaged, foreign, long))


TEXT = f"{RECORDINGS}/Text"


async def keep_lines(estate: Estate, connection_id: str, *lines: TextLine) -> None:
    await estate.database.write(add_lines, UUID(connection_id), list(lines))


@pytest.mark.sees_effect("Recording.SearchText")
async def test_text_is_found_in_the_scope_alone_and_every_search_is_audited(estate: Estate) -> None:
    over = await recorded(estate)
    live = await recorded(estate, over=False)
    await keep_lines(
        estate, over, TextLine(1500, Stream.OUTPUT, "needle shown"), TextLine(2, Stream.INPUT, "needle typed")
    )
    await keep_lines(estate, live, TextLine(7, Stream.OUTPUT, "needle live"))
    found = await estate.get(estate.admin, TEXT, filterText="EEDL")
    assert (found["recordsTotal"], [row["text"] for row in found["data"]]) == (
        3,
        ["needle live", "needle typed", "needle shown"],
    )
    row = found["data"][2]
    assert (row["id"], row["offsetMs"], row["streamType"]) == (over, 1500, 3)
    assert (row["userName"], row["managedResourceName"]) == ("ada", "web01")
    for stream, count in ((2, 1), ("StdOut", 2), (0, 3)):
        assert (await estate.get(estate.admin, TEXT, filterText="needle", streamType=stream))[
            "recordsTotal"
        ] == count
    problem(await estate.admin.get(TEXT, filterText="needle", streamType=1), 400)
    assert "at least 3" in problem(await estate.admin.get(TEXT, filterText="ne"), 400)["detail"]
    inside = await estate.holder("ann", VIEW, managedAccountIds=[estate.ids["ada"]])
    outside = await estate.holder("otto", VIEW, managedAccountIds=[estate.ids["eve"]])
    assert [row["text"] for row in (await estate.get(inside, TEXT, filterText="needle"))["data"]] == [
        "needle shown"
    ]
    assert (await estate.get(outside, TEXT, filterText="needle"))["recordsTotal"] == 0
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.get(TEXT, filterText="needle"), 403)
    searched = sa.select(sa.func.count()).where(audit_event.c.action == "recording.searched")
    assert await estate.database.read(lambda tx: tx.scalar(searched)) == 6
    text = sa.select(audit_event.c.detail).where(audit_event.c.action == "recording.searched")
    assert "needle" not in str(await estate.database.read(lambda tx: tx.scalars(text)))


@pytest.mark.parametrize("path", ["SummaryByStatus/Historical", "MySummaryByStatus/Historical"])
async def test_sessions_are_found_by_what_was_typed_or_shown_in_them(estate: Estate, path: str) -> None:
    one, other = [await recorded(estate) for _ in range(2)]
    await keep_lines(estate, one, TextLine(1, Stream.INPUT, "rm -rf /srv"), TextLine(2, Stream.OUTPUT, "removed"))
    await keep_lines(estate, other, TextLine(1, Stream.OUTPUT, "rm -rf is refused"))

    async def found(who: Any, **params: Any) -> int:
        return int((await estate.get(who, f"{SESSIONS}/{path}", **params))["recordsTotal"])

    assert await found(estate.ada, metadataFilterText="RM -RF") == 2
    assert await found(estate.ada, metadataFilterText="rm -rf /s") == 1
    assert await found(estate.ada, metadataFilterText="rm -rf", filterText="web01") == 2
    assert await found(estate.ada, metadataFilterText="nothing like it") == 0
    assert await found(estate.eve, metadataFilterText="rm -rf") == 0
    if path.startswith("Summary"):
        assert await found(estate.admin, metadataFilterText="rm -rf", streamType=2) == 1
        assert await found(estate.admin, metadataFilterText="rm -rf", streamType="StdOut") == 1
        problem(await estate.admin.get(f"{SESSIONS}/{path}", metadataFilterText="rm -rf", streamType=1), 400)
    detail = problem(await estate.ada.get(f"{SESSIONS}/{path}", metadataFilterText="rm"), 400)["detail"]
    assert detail == "metadataFilterText needs at least 3 characters"


async def test_one_that_moves_to_the_archive_meanwhile_is_played_from_there(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at where it lies and the reading, as the archiver does."""
    connection_id = await recorded(estate)
    api, recording_id, played = estate.callers.api, UUID(connection_id), recording._played
    keep(api, connection_id, Event(0.0, "o", b"hello"))
    with object_store(tmp_path) as bucket:
        for name, value in bucket.env.items():
            monkeypatch.setenv(name, value)
        archive = Archive(bucket.place, api.recordings)

        def move(*asked: Any) -> bytes:
            monkeypatch.setattr(recording, "_played", played)
            archive.put(recording_id)
            key = wrapped_key(api.recordings.path(recording_id))
            api.db.submit_write(archiving.archived, recording_id, key).result()
            api.recordings.delete(recording_id)
            return played(*asked)

        monkeypatch.setattr(recording, "_played", move)
        callers = Callers(replace(api, archive=archive), estate.callers.world)
        answer = await callers.person("Maria", Role.ADMIN).get(f"{RECORDINGS}/{connection_id}/Cast")
        await callers.close()
    assert answer.status_code == 200
    assert b"hello" in answer.content
    assert list(api.recordings.ids()) == []
