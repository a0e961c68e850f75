"""The log of a credential's job is what its rows and the audit log say of it, in order, in two statements."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from locum.credentials.model import Verified
from locum.kit.db import Database
from locum.kit.paging import Listed
from locum.reads.credential_jobs import Kind, credential_job
from locum.reads.credential_log import JobLine, job_lines
from locum.reads.log_lines import LinesAsked
from locum.rotation import ask
from locum.rotation.model import Reason
from locum.rotation.rows import say_verified
from locum.sessions.model import LogLevel
from rotation_stage import RotationStage, rotation_stage
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


async def log(stage: RotationStage, credential_id: UUID, kind: Kind, **asked: object) -> Listed[JobLine]:
    managed = await stage.managed(credential_id)
    job = await stage.database.read(credential_job, UUID(int=managed.id.int ^ kind))
    assert job is not None
    with selects(stage.database) as seen:
        listed = await stage.database.read(job_lines, job, LinesAsked(**asked))  # type: ignore[arg-type]
    assert len(seen) <= 2
    return listed


async def test_every_change_from_asking_to_its_end(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one, other = await stage.login("one", dependants=2), await stage.login("other")
    made = await database.write(ask.ask_rotation, ACTOR, one, Reason.ASKED)
    await database.write(ask.ask_rotation, ACTOR, other, Reason.ASKED)
    await database.write(ask.pause, ACTOR, made)
    await database.write(ask.resume, ACTOR, made)
    await stage.settle()
    listed = await log(stage, one, Kind.ROTATION)
    texts = [line.text for line in listed.rows]
    assert texts == [
        f"a change was asked for by {ACTOR.name}",
        f"paused by {ACTOR.name}",
        f"resumed by {ACTOR.name}",
        "the secret to be set is in the vault, and the target is told to take it",
        "the target takes it: it is the credential's own now",
        "d0 on web01 has it too",
        "d1 on web01 has it too",
        "done",
    ]
    assert listed.total == len(texts)
    assert [line.at for line in listed.rows] == sorted(line.at for line in listed.rows)
    newest = await log(stage, one, Kind.ROTATION, newest_first=True, skip=1, take=2)
    assert [line.text for line in newest.rows] == texts[-2:-4:-1]
    warned = await log(stage, one, Kind.ROTATION, level=LogLevel.WARN)
    assert [line.text for line in warned.rows] == [texts[1]]
    assert (await log(stage, one, Kind.ROTATION, text="D1 on")).total == 1
    assert (await log(stage, one, Kind.ROTATION, until=listed.rows[0].at)).total == 1
    assert (await log(stage, one, Kind.VERIFICATION)).total == 0


async def test_why_a_change_failed_and_what_was_put_back(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one", dependants=1, refuses="new")
    await database.write(ask.ask_rotation, ACTOR, one, Reason.ASKED)
    await stage.settle()
    lines = [(line.level, line.text) for line in (await log(stage, one, Kind.ROTATION)).rows]
    told, taken = (
        (LogLevel.INFO, "the secret to be set is in the vault, and the target is told to take it"),
        (LogLevel.INFO, "the target takes it: it is the credential's own now"),
    )
    assert lines == [
        (LogLevel.INFO, f"a change was asked for by {ACTOR.name}"),
        told,
        taken,
        (LogLevel.ERROR, "d0 on web01 does not have it: it does not start again"),
        (LogLevel.ERROR, "failed: d0: it does not start again"),
        (LogLevel.INFO, "the previous secret is to be put back"),
        told,
        taken,
        (LogLevel.INFO, "d0 on web01 has it too"),
        (LogLevel.INFO, "done"),
    ]


async def test_what_each_look_said_and_why(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    await database.write(ask.ask_verification, ACTOR, one)
    for status, why in (
        (Verified.VERIFIED, None),
        (Verified.MISMATCH, 'it said "no"'),
        (Verified.UNSPECIFIED, "not reached"),
    ):
        await database.write(say_verified, one, status, why)
    listed = await log(stage, one, Kind.VERIFICATION)
    assert [(line.level, line.text) for line in listed.rows] == [
        (LogLevel.INFO, f"asked for by {ACTOR.name}"),
        (LogLevel.INFO, "the target takes the secret that the vault has"),
        (LogLevel.ERROR, 'the target has another secret than the vault: it said "no"'),
        (LogLevel.ERROR, "the target gave no answer that says anything: not reached"),
    ]
    assert (await log(stage, one, Kind.VERIFICATION, text="REACHED")).total == 1
