"""The client whose verbs are awaited: the same verbs, and what a cancelled task had is given back."""

from __future__ import annotations

import asyncio
import inspect
import time

import pytest

from locum.client import AsyncLocum, Conflict, Locum, NotFound, steps
from locum.client.exchange import Answer, Call, Failure
from secret_server import PASSWORD, SecretServer

pytestmark = pytest.mark.anyio

NAME = "web01\\deploy"


def test_both_clients_have_the_same_verbs() -> None:
    def verbs(client: type) -> dict[str, list[str]]:
        public = {name: verb for name, verb in vars(client).items() if not name.startswith("_")}
        return {name: list(inspect.signature(verb).parameters) for name, verb in public.items()}

    assert verbs(Locum) == verbs(AsyncLocum)
    assert inspect.signature(Locum.__init__) == inspect.signature(AsyncLocum.__init__)


async def test_what_an_application_does(secret_server: SecretServer) -> None:
    async with secret_server.async_locum() as locum:
        many = await asyncio.gather(*(locum.get_secret(NAME) for _ in range(8)))
        assert {login.password.reveal_text() for login in many if login.password} == {PASSWORD}
        assert [row.username for row in await locum.search("deploy")] == ["deploy"]
        with pytest.raises(NotFound):
            await locum.get_secret("nobody")
        async with locum.check_out(NAME, minutes=5) as lease:
            assert lease.login is not None
            assert [held.id for held in await locum.leases()] == [lease.id]
            with pytest.raises(Conflict):
                await locum.begin_check_out(NAME)
            assert (await locum.extend(lease.id, 60)).due_at > lease.due_at
        with pytest.raises(ZeroDivisionError):
            async with locum.check_out("backup"):
                raise ZeroDivisionError
    assert PASSWORD not in repr(locum)


async def test_a_cancelled_check_out_is_given_back(secret_server: SecretServer) -> None:
    async with secret_server.async_locum() as locum:
        once, asked = locum._once, asyncio.Event()

        async def stuck(call: Call) -> Answer | Failure:
            if call.path.endswith("/Secret"):
                asked.set()
                await asyncio.sleep(60)
            return await once(call)

        locum._once = stuck  # type: ignore[method-assign]
        task = asyncio.create_task(locum._run(steps.check_out("backup", 5.0, revealed=True, minutes=1)))
        await asked.wait()
        assert len(await locum.leases()) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        deadline = time.monotonic() + 10
        while await locum.leases():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
