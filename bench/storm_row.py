"""Row of what a burst of sign-ins does to somebody else's requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import uvloop

from bench.load import Line, http_request
from bench.measure import Goal, Row, interleave, percentile
from bench.stage import PASSWORD, Stage

PAUSE_S = 0.005  # between two requests, so that the caller is a caller and not a load


def storm(stage: Stage) -> list[Row]:
    """p99 of `GET Platform` while 50 people sign in at once, each from an address of their own, and while nobody does.

    A round of the first kind lasts until the last of them has their answer; one of the second kind as long as that.
    """
    people = _people(stage, 10 if stage.short else 50)
    token = stage.token()
    lasted: list[float] = []
    during = lambda: uvloop.run(_during(stage, token, people, lasted))  # noqa: E731
    alone = lambda: uvloop.run(_alone(stage, token, lasted[-1]))  # noqa: E731
    samples = interleave(1 if stage.short else 5, during, alone)
    return [
        Row(
            "sign-in-storm",
            f"p99 of GET Platform while {len(people)} people sign in",
            "while nobody does",
            "ms",
            *samples,
            goal=Goal("at_most", 3),
            margin=Goal("at_most", 100),
            extra={"lastAnswerAfterS": sorted(lasted)[len(lasted) // 2]},
        )
    ]


def _people(stage: Stage, count: int) -> list[str]:
    """Names of people who need no second factor."""
    admin = stage.client()
    names = [f"person{number}" for number in range(count)]
    for name in names:
        admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
            "managedAccountView": {"name": name}, "localUserPasswordChangeRequest": {"passwordNew": PASSWORD},
        })  # fmt: skip
    return names


async def _during(stage: Stage, token: str, people: list[str], lasted: list[float]) -> float:
    server = stage.locum
    lines = [
        await Line.open(server.address, server.ca, source=f"127.0.1.{number + 1}") for number in range(len(people))
    ]
    bodies = [{"Login": name, "Password": PASSWORD} for name in people]
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        signing_in = [
            group.create_task(line.ask(http_request("POST", "/signinBody", body=body)))
            for line, body in zip(lines, bodies, strict=True)
        ]
        probing = group.create_task(_probe(stage, token, lambda: all(task.done() for task in signing_in)))
    lasted.append(time.perf_counter() - started)
    assert all(task.result()[0] == 200 for task in signing_in)
    for line in lines:
        await line.__aexit__(None, None, None)
    return percentile(probing.result(), 99)


async def _alone(stage: Stage, token: str, seconds: float) -> float:
    until = time.perf_counter() + seconds
    return percentile(await _probe(stage, token, lambda: time.perf_counter() > until), 99)


async def _probe(stage: Stage, token: str, over: Callable[[], bool]) -> list[float]:
    """How long each request of one caller takes, in ms, until it is `over`."""
    content = http_request("GET", "/api/v1/Platform", token)
    samples = []
    async with await Line.open(stage.locum.address, stage.locum.ca) as line:
        while not over():
            started = time.perf_counter()
            status, body = await line.ask(content)
            assert status == 200, body
            samples.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(PAUSE_S)
    return samples
