"""Mails that wait reach a real server: once by several nodes, again after a crash, and not for ever."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.kit import jobs
from locum.kit.db import Database, Tx, open_database
from locum.kit.ids import new_id
from locum.kit.jobs import Job
from locum.kit.wake import Wake
from locum.notices import send, smtp
from locum.notices.model import MailSetup, State, mail
from locum.notices.outbox import MAIL_JOB, put
from locum.notices.send import Mailer, backoff
from locum.worker.main import Worker
from mail_server import SENDER, Post, mail_server

pytestmark = pytest.mark.anyio

SETUP = MailSetup(SENDER, "https://locum.example", None)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with mail_server(tmp_path) as running:
        yield running


def queue(tx: Tx, count: int = 1) -> None:
    for number in range(count):
        put(
            tx, SETUP, topic="t", about_id=new_id(), addresses=[f"p{number}@example.org"], subject="s", lines=["b"]
        )


def take(database: Database, owner: str = "n:1") -> Job:
    (job,) = database.submit_write(jobs.claim, owner=owner, limit=1).result()
    return job


async def states(database: Database) -> list[tuple[str, int, str | None]]:
    c = mail.c
    found = await database.read(
        lambda tx: tx._connection.execute(sa.select(c.state, c.tries, c.last_error).order_by(c.address)).all()
    )
    return [tuple(row) for row in found]


async def due_in(database: Database) -> float:
    due = await database.read(jobs.next_due)
    assert due is not None
    return (due - dt.datetime.now(dt.UTC)).total_seconds()


async def make_due(database: Database) -> None:
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now)))


@contextlib.asynccontextmanager
async def working(
    database: Database, owner: str, handlers: dict[str, Callable[[Job], Awaitable[None]]]
) -> AsyncIterator[None]:
    task = asyncio.create_task(Worker(database, handlers, Wake(), owner=owner).run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.05)


async def test_a_mail_is_sent_and_its_text_gone(database: Database, post: Post) -> None:
    await database.write(queue)
    await Mailer(database, post.server).send(take(database))
    assert await states(database) == [(State.SENT, 1, None)]
    assert [read["To"] for read in post.taken] == ["p0@example.org"]
    assert await database.read(lambda tx: tx.scalar(sa.select(mail.c.body))) is None
    assert await database.read(jobs.next_due) is None


async def test_it_is_tried_again_until_its_time_is_over(database: Database, post: Post) -> None:
    post.refusing_all = "452 full"
    mailer = Mailer(database, post.server)
    await database.write(queue)
    await mailer.send(take(database))
    words = "the mail server refused the mail (452)"
    assert await states(database) == [(State.WAITING, 1, words)]
    assert 2 < await due_in(database) <= 5
    await make_due(database)
    await mailer.send(take(database))
    assert await states(database) == [(State.WAITING, 2, words)]
    assert 5 < await due_in(database) <= 10
    await database.write(lambda tx: tx.run(sa.update(mail).values(expires_at=tx.now)))
    await make_due(database)
    await mailer.send(take(database))
    assert await states(database) == [(State.GIVEN_UP, 2, words)]
    assert await database.read(jobs.next_due) is None
    actions = await database.read(lambda tx: tx.scalars(sa.select(audit_event.c.action)))
    assert actions == ["mail.given_up"]


async def test_what_the_server_will_never_take_is_given_up_at_once(database: Database, post: Post) -> None:
    post.refused = {"p0@example.org": "550 no such user"}
    await database.write(queue)
    await Mailer(database, post.server).send(take(database))
    assert await states(database) == [(State.GIVEN_UP, 1, "the mail server refused the recipient (550)")]


async def test_a_node_without_a_server_leaves_it_to_another(database: Database, post: Post) -> None:
    await database.write(queue)
    await Mailer(database, None).send(take(database))
    assert await states(database) == [(State.WAITING, 0, None)]
    assert await due_in(database) > 30
    await make_due(database)
    await Mailer(database, post.server).send(take(database))
    assert await states(database) == [(State.SENT, 1, None)]


async def test_two_nodes_send_each_mail_once(
    database: Database, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "NO_PLACE", dt.timedelta(seconds=0.2))
    await database.write(queue, 40)
    mailers = [Mailer(database, post.server) for _ in range(2)]

    async def all_sent() -> bool:
        return {state for state, *_ in await states(database)} == {State.SENT}

    async with (
        working(database, "a:1", {MAIL_JOB: mailers[0].send}),
        working(database, "b:1", {MAIL_JOB: mailers[1].send}),
    ):
        await until(all_sent)
    assert sorted(read["To"] for read in post.taken) == sorted(f"p{n}@example.org" for n in range(40))


async def test_who_lost_the_job_says_nothing_about_the_mail(database: Database, post: Post) -> None:
    await database.write(queue)
    late = take(database)
    await database.write(jobs.take_back, "n")
    with pytest.raises(jobs.LostLease):
        await Mailer(database, post.server).send(late)
    assert (post.taken, await states(database)) == ([], [(State.WAITING, 0, None)])


async def test_a_server_that_hangs_holds_up_nothing_else(
    database: Database, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More mails than the worker has places, and another job behind them."""
    monkeypatch.setattr(send, "WAIT_FOR_PLACE_S", 0.1)
    monkeypatch.setattr(smtp, "ANSWER_S", 30.0)
    post.hangs = True
    await database.write(queue, 150)
    done = asyncio.Event()

    async def other(job: Job) -> None:
        await database.write(jobs.done, job)
        done.set()

    async with working(database, "a:1", {MAIL_JOB: Mailer(database, post.server).send, "other": other}):
        await database.write(lambda tx: jobs.schedule(tx, "other", new_id(), due_at=tx.now))
        await asyncio.wait_for(done.wait(), 20)
    assert post.taken == []


async def test_killed_between_the_servers_yes_and_the_commit(database: Database, post: Post) -> None:
    """It is sent again under the same Message-ID, by which whoever reads it sees that it is the same."""
    await database.write(queue)
    url = database.engine.url.render_as_string(hide_password=False)
    child = os.fork()
    if child == 0:
        try:
            own = open_database(url)
            send._sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            asyncio.run(Mailer(own, post.server).send(take(own)))
        finally:
            os._exit(1)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert await states(database) == [(State.WAITING, 1, None)]
    await database.write(jobs.take_back, "n")
    await Mailer(database, post.server).send(take(database))
    assert await states(database) == [(State.SENT, 2, None)]
    first, second = post.taken
    assert first["Message-ID"] == second["Message-ID"]


def test_the_wait_doubles_to_a_quarter_of_an_hour() -> None:
    seconds = [backoff(tries).total_seconds() for tries in (1, 2, 3, 8, 9, 1000)]
    assert seconds == [5, 10, 20, 640, 900, 900]
