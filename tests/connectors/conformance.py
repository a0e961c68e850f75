"""What every connector must pass, on a real target: subclass `Conformance` and give it a `subject`.

The plan of a session is a list of steps; the first makes the account that the others hang on. `works` says whether
that account has its rights on the target now, and `state` is everything a session may leave there; both look at the
target by another way than the connector's. `settled` waits a little for that state, because a connection that was
cut takes its time to end there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass

import pytest

from locum.connectors.base import Connector, Step, TargetRefused


@dataclass(frozen=True)
class Subject:
    """One connector, one target. `plan()` is for a fresh session each time; `foreign(plan)` makes an account of
    the plan's name that is somebody else's, and `unforeign` takes it away. `signed_in(plan)`: the plan's person is."""

    connect: Callable[[], AbstractAsyncContextManager[Connector]]
    plan: Callable[[], list[Step]]
    state: Callable[[], list[str]]
    settled: Callable[[list[str]], bool]
    works: Callable[[list[Step]], bool]
    foreign: Callable[[list[Step]], None]
    unforeign: Callable[[list[Step]], None]
    signed_in: Callable[[list[Step]], AbstractContextManager[object]]


async def apply_all(subject: Subject, plan: list[Step]) -> None:
    async with subject.connect() as connection:
        for step in plan:
            await connection.apply(step)


async def revert_all(subject: Subject, plan: list[Step]) -> None:
    async with subject.connect() as connection:
        for step in reversed(plan):
            await connection.revert(step)


class Conformance:
    async def test_a_right_comes_and_goes_and_leaves_nothing(self, subject: Subject) -> None:
        plan, before = subject.plan(), subject.state()
        assert not subject.works(plan)
        await apply_all(subject, plan)
        assert subject.works(plan)
        await revert_all(subject, plan)
        assert not subject.works(plan)
        assert subject.settled(before)

    async def test_applying_again_changes_nothing(self, subject: Subject) -> None:
        plan = subject.plan()
        await apply_all(subject, plan)
        once = subject.state()
        await apply_all(subject, plan)
        assert subject.settled(once)
        assert subject.works(plan)
        await revert_all(subject, plan)

    async def test_reverting_again_changes_nothing(self, subject: Subject) -> None:
        plan, before = subject.plan(), subject.state()
        await apply_all(subject, plan)
        for _ in range(3):
            await revert_all(subject, plan)
        assert subject.settled(before)

    async def test_reverting_what_was_never_applied_changes_nothing(self, subject: Subject) -> None:
        plan, before = subject.plan(), subject.state()
        await revert_all(subject, plan)
        assert subject.settled(before)

    async def test_any_part_of_a_plan_is_reverted(self, subject: Subject) -> None:
        """A crash between two steps: everything intended is reverted, applied or not."""
        before = subject.state()
        for applied in range(len(subject.plan())):
            plan = subject.plan()
            await apply_all(subject, plan[:applied])
            await revert_all(subject, plan)
            assert subject.settled(before)

    async def test_a_plan_is_finished_after_a_crash_in_any_step(self, subject: Subject) -> None:
        """Locum dies while the target works on a step, and the next Locum does it all again."""
        before = subject.state()
        for delay_ms in range(0, 100, 25):
            plan = subject.plan()
            await _cut(subject, plan[:1], delay_ms)
            await apply_all(subject, plan)
            assert subject.works(plan)
            await revert_all(subject, plan)
            assert subject.settled(before)

    async def test_a_plan_is_undone_after_a_crash_in_any_step(self, subject: Subject) -> None:
        """Locum dies while the target works on a step, the session ends meanwhile, and the next Locum reverts."""
        before = subject.state()
        for delay_ms in range(0, 300, 50):
            plan = subject.plan()
            await _cut(subject, plan, delay_ms)
            await revert_all(subject, plan)
            assert subject.settled(before)

    async def test_reverting_is_finished_after_a_crash(self, subject: Subject) -> None:
        before = subject.state()
        for delay_ms in range(0, 200, 40):
            plan = subject.plan()
            await apply_all(subject, plan)
            await _cut(subject, plan, delay_ms, reverting=True)
            await revert_all(subject, plan)
            assert subject.settled(before)

    async def test_a_foreign_account_is_not_touched(self, subject: Subject) -> None:
        plan = subject.plan()
        subject.foreign(plan)
        before = subject.state()
        for step in plan:
            with pytest.raises(TargetRefused):
                await apply_all(subject, [step])
            assert subject.settled(before)
        await revert_all(subject, plan)
        assert subject.settled(before)
        subject.unforeign(plan)

    async def test_another_session_is_not_touched(self, subject: Subject) -> None:
        """Two sessions that, against all odds, mean the same account name."""
        plan = subject.plan()
        await apply_all(subject, plan)
        before = subject.state()
        other = [Step(step.kind, step.parameters, subject.plan()[0].marker) for step in plan]
        for step in other:
            with pytest.raises(TargetRefused):
                await apply_all(subject, [step])
        await revert_all(subject, other)
        assert subject.settled(before)
        assert subject.works(plan)
        await revert_all(subject, plan)

    async def test_sessions_at_the_same_time_do_not_disturb_each_other(self, subject: Subject) -> None:
        before = subject.state()
        plans = [subject.plan() for _ in range(6)]
        await asyncio.gather(*(apply_all(subject, plan) for plan in plans))
        assert [subject.works(plan) for plan in plans] == [True] * 6
        await asyncio.gather(*(revert_all(subject, plan) for plan in plans[:3]))
        assert [subject.works(plan) for plan in plans] == [False] * 3 + [True] * 3
        await asyncio.gather(*(revert_all(subject, plan) for plan in plans[3:]))
        assert subject.settled(before)

    async def test_who_is_signed_in_is_seen(self, subject: Subject) -> None:
        plan, other = subject.plan(), subject.plan()
        await apply_all(subject, plan)
        await apply_all(subject, other)
        before = subject.state()
        async with subject.connect() as connection:
            assert await connection.logons(plan[0]) == []
            with subject.signed_in(plan):
                assert len(await connection.logons(plan[0])) == 1
                await connection.tell(plan[0], "your session ends soon")
                with subject.signed_in(plan):
                    assert len(await connection.logons(plan[0])) == 2
                assert await connection.logons(other[0]) == []
            assert subject.settled(before)
            assert await connection.logons(plan[0]) == []
        for gone in (plan, other):
            await revert_all(subject, gone)
            async with subject.connect() as connection:
                with pytest.raises(TargetRefused):
                    await connection.logons(gone[0])


async def _cut(subject: Subject, plan: list[Step], delay_ms: int, *, reverting: bool = False) -> None:
    """Drop the connection that long after the first command was sent, whatever the target is doing then."""
    async with subject.connect() as connection:
        steps = (
            [connection.revert(s) for s in reversed(plan)] if reverting else [connection.apply(s) for s in plan]
        )

        async def work() -> None:
            for step in steps:
                await step

        working = asyncio.create_task(work())
        await asyncio.wait({working}, timeout=delay_ms / 1000)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        for step in steps:
            step.close()
