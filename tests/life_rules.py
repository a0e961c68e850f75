"""What may happen in the life of sessions, in any order, with what the model of it expects each time."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from life import BEGIN, KINDS, Clock, Ids, Life, Seen
from life_invariants import holds, uses_are_shown
from life_model import LONGEST, LONGEST_WAIT, Model, Wish, place, reachable
from locum.identities.model import identity
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, LocumError
from locum.policies.add import get_policy
from locum.policies.members import TIES, join, part
from locum.policies.status import set_status
from locum.rotation.model import State as RotationState
from locum.sessions import transition
from locum.sessions.approval import decide
from locum.sessions.approval_rules import State
from locum.sessions.connections import Wanted
from locum.sessions.extend import extend_session
from locum.sessions.lifecycle import ENDED, Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.request import Request, request_session
from locum.sessions.wanted_credential import CredentialWanted
from world import ACTOR

R = TypeVar("R")
OWNERS = ("Alice", "Mallory")
WHO = st.sampled_from(OWNERS)
HOSTS = st.sampled_from(["web01", "web02"])
WHICH = st.integers(0, 11)
PAUSES = st.sampled_from([1, 16, 31, 4 * 60, 10 * 60, 27 * 60, 56 * 60, 25 * 3600])
TROUBLES = st.sampled_from([None, "down", "apply sudoers", "revert sudoers", "revert account"])
TIE = next(tie for tie in TIES.values() if tie.things is identity and tie.field == "identities")


class LifeCycle(RuleBasedStateMachine):
    """One installation. Each rule is something that may happen; `agrees` and the others hold after each."""

    fresh: Callable[[], tuple[Database, Ids, Callable[[], None]]]
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.clock.now = BEGIN
        database, ids, self.remove = self.fresh()
        self.runner = asyncio.Runner()
        self.runner.get_loop()
        self.life = Life(database, ids)
        self.ids = ids
        self.model = Model(BEGIN)
        self.known: list[UUID] = []
        self.before = {name: host.state() for name, host in self.life.hosts.items()}

    # -- what the rules are made of

    def do(self, work: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(work)

    def write(self, fn: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        return self.life.database.submit_write(fn, *args, **kwargs).result()

    def seen(self) -> Seen:
        return self.do(self.life.look())

    def wish(self, which: int) -> tuple[UUID, Wish]:
        """One of the last sessions."""
        number = len(self.known) - 1 - which % len(self.known)
        return self.known[number], self.model.wishes[number]

    def adopt(self, seen: Seen, may_be: Callable[[UUID, Wish], set[Status]]) -> None:
        """Some work was done, maybe not all: each session must be in one of the states that it may be in by now."""
        for session_id, wish in zip(self.known, self.model.wishes, strict=True):
            row = seen.sessions[session_id]
            status, possible = Status(row.status), may_be(session_id, wish)
            assert status in possible, (wish, status)
            if status in (Status.COMPLETE, Status.FAILED, Status.CANCELLED):
                assert row.outcome == status
            if wish.status == Status.APPROVAL_REQUIRED and status == Status.PENDING:
                raise AssertionError("approved by nobody")
            wish.becomes(status)
            wish.outcome = None if row.outcome is None else Status(row.outcome)

    def on_their_way(self, seen: Seen) -> Callable[[UUID, Wish], set[Status]]:
        """Anything between where a session is and where it comes to when all is done; on credentials, anything."""

        def may_be(session_id: UUID, wish: Wish) -> set[Status]:
            if wish.kind == "release":
                return reachable(wish.status)
            return set(self.model.way(wish, seen.entries.get(session_id, [])))

        return may_be

    @staticmethod
    def anything(_: UUID, wish: Wish) -> set[Status]:
        return reachable(wish.status)

    # -- asking, and the words of approvers

    @rule(
        owner=WHO,
        kind=st.sampled_from(KINDS),
        host=HOSTS,
        later=st.booleans(),
        minutes=st.sampled_from([0, 5, 20]),
    )
    def ask(self, owner: str, kind: str, host: str, later: bool, minutes: int) -> None:
        now = self.clock.now
        start = now + dt.timedelta(minutes=30) if later else now
        asked_end = start + dt.timedelta(minutes=minutes) if minutes else None
        request = Request(
            identity_id=self.ids.people[owner],
            **self._thing(kind, host),
            start=start if later else None,
            end=asked_end,
        )
        try:
            made = self.write(request_session, Actor(request.identity_id, owner, "192.0.2.7"), request, node="n")
        except LocumError:
            assert not self.model.allows(kind, owner, host)
            return
        assert self.model.allows(kind, owner, host)
        asks = kind == "shell"
        status = Status.APPROVAL_REQUIRED if asks else Status.PENDING
        until = (asked_end or start + LONGEST_WAIT) if asks else None
        end = start + LONGEST if asked_end is None else asked_end
        self.known.append(made)
        self.model.wishes.append(Wish(owner, kind, host, status, start, end, asked_end, until))

    def _thing(self, kind: str, host: str) -> dict[str, Any]:
        if kind == "release":
            return {"credential": CredentialWanted(self.ids.leasing.credential_id)}
        world = self.ids.world
        return {"activity_id": world.sudo if kind == "sudo" else world.shell, "resource_id": self.ids.hosts[host]}

    @precondition(lambda self: self.known)
    @rule(which=WHICH, who=st.sampled_from(["Bob", "Carl"]), yes=st.sampled_from([True, True, True, False]))
    def approve(self, which: int, who: str, yes: bool) -> None:
        session_id, wish = self.wish(which)
        state = State.APPROVED if yes else State.DENIED
        try:
            self.write(decide, Actor(self.ids.people[who], who), session_id, state, None)
        except LocumError:
            assert not self.model.approve(wish, who, yes)
        else:
            assert self.model.approve(wish, who, yes)

    # -- what is done to a session

    @precondition(lambda self: self.known)
    @rule(which=WHICH, by_owner=st.booleans())
    def end(self, which: int, by_owner: bool) -> None:
        session_id, wish = self.wish(which)
        outcome = Status.COMPLETE if by_owner else Status.CANCELLED
        how = {"outcome": outcome, "reason": "enough"}
        self.write(lambda tx: transition.begin_end(tx, ACTOR, transition.get(tx, session_id), **how))
        wish.ends_as(outcome)

    @precondition(lambda self: self.known)
    @rule(which=WHICH, as_administrator=st.booleans())
    def extend(self, which: int, as_administrator: bool) -> None:
        session_id, wish = self.wish(which)
        minutes = 10 if as_administrator else 0
        try:
            self.write(extend_session, ACTOR, session_id, minutes, as_administrator=as_administrator)
        except LocumError:
            assert not self.model.extend(wish, as_administrator)
        else:
            assert self.model.extend(wish, as_administrator)

    @precondition(lambda self: self.known)
    @rule(which=WHICH, locked=st.booleans(), resources=st.booleans(), owners=st.booleans())
    def lock(self, which: int, locked: bool, resources: bool, owners: bool) -> None:
        session_id, wish = self.wish(which)
        wanted = Lock((session_id,), locked, "wait", "for me", resources=resources, owners=owners)
        lockable = wish.status in (Status.APPROVAL_REQUIRED, Status.PENDING, Status.ACTIVE)
        may_be = lockable or (not locked and (resources or owners))
        try:
            self.write(set_lock, ACTOR, wanted)
        except Conflict:
            assert not may_be
            return
        assert may_be
        if lockable:
            wish.locked = locked
        change = set.add if locked else set.discard
        if resources:
            change(self.model.locked_hosts, place(wish.kind, wish.host))
        if owners:
            change(self.model.locked_people, wish.owner)

    @rule(kind=st.sampled_from(KINDS), disabled=st.booleans())
    def switch_policy(self, kind: str, disabled: bool) -> None:
        self.write(set_status, ACTOR, self.ids.policies[kind], is_disabled=disabled)
        (self.model.disabled.add if disabled else self.model.disabled.discard)(kind)

    @rule(kind=st.sampled_from(KINDS), owner=WHO)
    def change_members(self, kind: str, owner: str) -> None:
        person, pair = self.ids.people[owner], (kind, owner)
        change = join if pair in self.model.outside else part

        def put(tx: Tx) -> None:
            change(tx, ACTOR, get_policy(tx, self.ids.policies[kind]), TIE, [person])

        self.write(put)
        self.model.outside ^= {pair}

    # -- the gate

    @precondition(lambda self: self.known)
    @rule(which=WHICH, who=WHO)
    def connect(self, which: int, who: str) -> None:
        session_id, wish = self.wish(which)
        if wish.status in (Status.APPROVAL_REQUIRED, Status.PENDING):
            return
        passed = self.do(self.life.connect(who, Wanted(who, "x", "y", session_id=session_id)))
        assert isinstance(passed, LocumError) != (self.model.lets_in(wish) and who == wish.owner), passed

    @rule(owner=WHO, host=HOSTS)
    def connect_directly(self, owner: str, host: str) -> None:
        before = self.seen()
        passed = self.do(self.life.connect(owner, Wanted(owner, "Linux_sudo", host)))
        seen = self.seen()
        started = [one for one in seen.sessions.values() if one.id not in before.sessions]
        if not self.model.allows("sudo", owner, host):
            assert isinstance(passed, LocumError)
            assert not started
            return
        (row,) = started
        wish = Wish(owner, "sudo", host, Status.PENDING, row.scheduled_start, row.scheduled_end, hangs=True)
        assert (wish.start, wish.end) == (self.clock.now, self.clock.now + LONGEST)
        self.known.append(row.id)
        self.model.wishes.append(wish)
        is_made = Status.ACTIVE in self.model.way(wish, [])
        assert is_made != isinstance(passed, LocumError), passed
        possible = self.on_their_way(seen)
        self.adopt(seen, lambda one, held: reachable(Status.PENDING) if held is wish else possible(one, held))
        assert (wish.status == Status.ACTIVE) == is_made

    @precondition(lambda self: self.life.connections)
    @rule(which=WHICH)
    def disconnect(self, which: int) -> None:
        number = which % len(self.life.connections)
        session_id = self.life.connections[number].grant.session_id
        self.do(self.life.disconnect(number))
        wish = self.model.wishes[self.known.index(session_id)]
        if wish.hangs:
            wish.ends_as(Status.COMPLETE)

    # -- time, trouble, and who works

    @rule(seconds=PAUSES)
    def pass_time(self, seconds: int) -> None:
        self.clock.now += dt.timedelta(seconds=seconds)
        self.model.now = self.clock.now

    @rule(host=HOSTS, trouble=TROUBLES)
    def trouble(self, host: str, trouble: str | None) -> None:
        self.life.hosts[host].trouble = self.model.trouble[host] = trouble

    @rule()
    def work(self) -> None:
        may_be = self.on_their_way(self.seen())
        self.do(self.life.work())
        self.adopt(self.seen(), may_be)

    @rule(stop_at=st.integers(1, 40))
    def stop(self, stop_at: int) -> None:
        """A worker stops between two steps: it may come back, or never."""
        may_be = self.on_their_way(self.seen())
        self.do(self.life.work(stop_at=stop_at))
        self.adopt(self.seen(), may_be)

    @precondition(lambda self: self.life.frozen)
    @rule(which=WHICH)
    def wake(self, which: int) -> None:
        self.do(self.life.wake(which % len(self.life.frozen)))
        self.adopt(self.seen(), self.anything)

    @precondition(lambda self: self.known)
    @rule(stop_at=st.integers(1, 40), which=WHICH)
    def overtake(self, stop_at: int, which: int) -> None:
        """A worker is frozen for so long that another takes over, and a session ends meanwhile."""
        self.stop(stop_at)
        self.pass_time(16)
        self.end(which, by_owner=True)
        self.work()
        if self.life.frozen:
            self.wake(-1)

    @rule()
    def restart(self) -> None:
        self.do(self.life.restart())
        for wish in self.model.wishes:
            if wish.hangs and wish.status in (Status.PENDING, Status.ACTIVE):
                wish.ends_as(Status.COMPLETE)

    @rule(done=st.booleans())
    def change_ends(self, done: bool) -> None:
        self.do(self.life.end_changes(RotationState.COMPLETED if done else RotationState.FAILED))

    @rule()
    def sweep(self) -> None:
        self.do(self.life.sweep())
        self.model.sweep()

    @rule()
    def settle(self) -> None:
        """When every lease of work has run out and every wait after a failure, all that can be done is done."""
        self.pass_time(31)
        self.sweep()
        before = self.seen()
        self.do(self.life.work())
        seen = self.seen()
        possible = self.on_their_way(before)

        def must_be(session_id: UUID, wish: Wish) -> set[Status]:
            if wish.kind == "release":
                return possible(session_id, wish)
            return {self.model.way(wish, before.entries.get(session_id, []))[-1]}

        self.adopt(seen, must_be)
        active = [wish.owner for wish in self.model.wishes if wish.status == Status.ACTIVE]
        uses_are_shown(self.life, seen, {owner: active.count(owner) for owner in OWNERS})
        for session_id, wish in zip(self.known, self.model.wishes, strict=True):
            if wish.status == Status.CANCELLING and wish.kind != "release":
                assert session_id in seen.errors, "nobody is told that access could not be taken away"

    # -- what always holds

    @invariant()
    def agrees(self) -> None:
        self.watch()
        seen = self.seen()
        for wish_id, wish in zip(self.known, self.model.wishes, strict=True):
            row = seen.sessions[wish_id]
            found = (row.status, row.scheduled_start, row.scheduled_end, row.locked, row.extensions)
            assert found == (wish.status, wish.start, wish.end, wish.locked, wish.extensions), wish
            assert row.outcome == wish.outcome
        holds(self.life, seen)

    def watch(self) -> None:
        """The gate closes what must not be open any more, and that alone; a session that hangs on it ends."""
        if not self.life.connections:
            return
        of = dict(zip(self.known, self.model.wishes, strict=True))
        over = [
            session_id
            for session_id in (one.grant.session_id for one in self.life.connections)
            if of[session_id].status != Status.ACTIVE or of[session_id].owner in self.model.locked_people
        ]
        assert sorted(self.do(self.life.watch())) == sorted(over)
        for session_id in over:
            if of[session_id].hangs:
                of[session_id].ends_as(Status.COMPLETE)

    def teardown(self) -> None:
        try:
            self.to_the_end()
        finally:
            self.runner.close()
            self.life.database.close()
            self.remove()

    def to_the_end(self) -> None:
        """Every host is well again and all time is over: nothing is left anywhere."""
        for name in self.life.hosts:
            self.trouble(name, None)
        self.pass_time(60 * 3600)
        rounds = 0
        while self.seen().jobs:
            rounds += 1
            assert rounds < 20, "it never ends"
            self.do(self.life.sweep())
            self.do(self.life.work())
            self.do(self.life.end_changes(RotationState.COMPLETED))
            self.pass_time(360)
        self.do(self.life.watch())
        while self.life.frozen:
            self.do(self.life.wake(0))
        self.do(self.life.sweep())
        self.do(self.life.work())
        seen = self.seen()
        holds(self.life, seen)
        assert all(Status(row.status) in ENDED for row in seen.sessions.values())
        assert {name: host.state() for name, host in self.life.hosts.items()} == self.before
        assert not seen.jobs
        assert not seen.connected
        assert set(seen.leases.values()) <= {"ended"}
        assert self.do(self.life.log_holds()) or not self.known
