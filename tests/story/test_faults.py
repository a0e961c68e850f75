"""Every fault at every step boundary of a session: it ends, and leaves the target as it was.

A server that can be told to wait at a boundary runs sessions on real targets, one after the other. While it waits the
fault is done, it goes on, and the fault ends. Then: the session ends, by its user's wish or by itself; the target is
as it was, with the access that others have; its ledger is closed; nobody works on it any more; the audit chain
verifies. What kills Locum itself is in test_crash.py, test_database_crash.py and test_actions_crash.py.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer
from demo.client import Client, Refused
from demo.hosts import Host

import fault_targets
from database_targets import Authority, DatabaseTarget, MariadbServer
from fault_targets import FaultTarget, Undo, nothing
from installation import ENDED, USER, USER_PASSWORD, Installation
from locum.activities.model import activity, activity_action
from locum.kit.db import Tx, open_database, sqlite_url
from locum.kit.ids import new_id
from locum.kit.jobs import job
from locum.sessions.model import ledger_entry
from sudden_death import small_disk

HOLDING = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
TARGETS = ("linux", "postgresql", "mariadb")
OF_TARGET = ("refuses", "hangs", "restarts")
OF_LOCUM = ("disk full", "clock forward", "clock back")
STORE = ("store restarts",)
BOUNDARIES = 36
LASTS_S = 3.0
PATIENCE_S = 90
SLICE = {
    ("linux", "restarts", 6),
    ("linux", "hangs", 22),
    ("linux", "clock forward", 10),
    ("linux", "clock back", 20),
}


def cases(*faults: str) -> list[Any]:
    return [
        pytest.param(target, fault, at, id=f"{target}-{fault}-{at}", marks=() if chosen else pytest.mark.full)
        for target in TARGETS
        for fault in faults
        for at in range(1, BOUNDARIES + 1)
        for chosen in [(target, fault, at) in SLICE]
    ]


@dataclass
class Bench:
    """A running server that waits where it is told, and the targets it knows by now."""

    installation: Installation
    hold: Path
    make: Callable[[str], FaultTarget]
    store: PostgresServer | None = None
    targets: dict[str, FaultTarget] = field(default_factory=dict)
    client: Client | None = None

    def start(self) -> None:
        self.installation.start(HOLDING, {"LOCUM_HOLD": str(self.hold)})
        assert self.installation.healthy(), self.installation.log()

    def target(self, name: str) -> FaultTarget:
        if name not in self.targets:
            self.targets[name] = self.make(name)
            self._enter(name, self.targets[name])
            session = self.ask(name)  # pins the host's key
            assert self.finish(session)["status"] == 3
        return self.targets[name]

    def _enter(self, name: str, target: FaultTarget) -> None:
        admin = self.installation.admin()
        if not any(row["name"] == USER for row in admin.call("GET", "/api/v1/ManagedAccount/Search")["data"]):
            admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
                "managedAccountView": {"name": USER},
                "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD},
            })  # fmt: skip
        found = admin.call("GET", "/api/v1/ManagedAccount/Search")["data"]
        (user,) = [row["id"] for row in found if row["name"] == USER]
        account = admin.call("POST", "/api/v1/Credential", target.credential)["id"]
        body = {"name": name, "serviceAccountId": account, **target.resource}
        resource = admin.call("POST", "/api/v1/ManagedResource", body)["id"]
        (kind,) = [a["id"] for a in admin.call("GET", "/api/v1/Activity") if a["name"] == target.activity]
        body = {"name": name, "managedAccountIds": [user], "managedResourceIds": [resource], "activityIds": [kind]}
        admin.call("POST", "/api/v1/AccessControlPolicy", body)
        self.database(_add_actions, target)

    def database(self, fn: Callable[..., Any], *arguments: Any) -> Any:
        opened = open_database(self.installation.database_url or sqlite_url(self.installation.data / "locum.db"))
        try:
            return opened.submit_write(fn, *arguments).result()
        finally:
            opened.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """As the user, who tries again while Locum can't answer, and signs in again where the clock made it forget."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self.client is None:
                    self.client = self.installation.user()
                return self.client.call(method, path, body)
            except (Refused, OSError) as error:
                status = error.status if isinstance(error, Refused) else 503
                if status == 401:
                    self.client = None
                elif status < 500:
                    raise
                if time.monotonic() > deadline:
                    raise AssertionError(self.installation.log()[-5000:]) from error
            time.sleep(0.1)

    def ask(self, name: str) -> str:
        asked = {"activityName": self.targets[name].activity, "managedResourceName": name}
        return str(self.call("POST", "/api/v1/ActivitySession", asked)["id"])

    def go_on(self, session: str, until: Callable[[], bool]) -> dict[str, Any]:
        """End it as soon as it is active; until it has ended or that is true."""
        deadline, asked = time.monotonic() + PATIENCE_S, False
        while True:
            seen: dict[str, Any] = self.call("GET", f"/api/v1/ActivitySession/{session}")
            if seen["status"] in ENDED or until():
                return seen
            if seen["status"] == 1 and not asked:
                with contextlib.suppress(Refused):  # it may have ended by itself meanwhile
                    self.call("DELETE", f"/api/v1/ActivitySession/{session}")
                    asked = True
            if time.monotonic() > deadline:
                log = self.call("GET", f"/api/v1/ActivitySession/{session}/Log")
                raise AssertionError(f"{seen}\n{log}\n{self.installation.log()[-5000:]}")
            time.sleep(0.05)

    def finish(self, session: str) -> dict[str, Any]:
        return self.go_on(session, lambda: False)

    def fault(self, target: FaultTarget, name: str) -> Undo:
        """Do it; answers what ends it."""
        if name in target.faults:
            return target.faults[name]()
        if name == "disk full":
            filler = self.installation.data / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            return filler.unlink
        if name == "store restarts":
            assert self.store is not None
            self.store.control("stop")
            store = self.store
            return lambda: store.control("start")
        days = 32 if name == "clock forward" else -32  # longer than any session
        (self.hold / "clock").write_text(str(days * 86400))
        return nothing  # the session has to end by a wrong clock


def _add_actions(tx: Tx, target: FaultTarget) -> None:
    kind = tx.scalar(sa.select(activity.c.id).where(activity.c.name == target.activity))
    for position, (action, parameters) in enumerate(target.actions):
        tx.add(
            activity_action, id=new_id(), activity_id=kind, position=position, kind=action, parameters=parameters
        )


def _left(tx: Tx, session: UUID) -> tuple[list[str], int]:
    """The states of its ledger's entries, and how many jobs there are for it."""
    states = tx.scalars(sa.select(ledger_entry.c.state).where(ledger_entry.c.session_id == session))
    jobs = tx.scalar(sa.select(sa.func.count()).select_from(job).where(job.c.subject_id == session))
    return [str(state) for state in states], jobs


def go_through(bench: Bench, name: str, fault: str, at: int) -> None:
    target = bench.target(name)
    before = target.state()
    (bench.hold / "at").write_text(str(at))
    session = bench.ask(name)
    held = bench.hold / "held"
    bench.go_on(session, held.exists)
    assert held.read_text() == target.boundaries[at - 1]
    undo = bench.fault(target, fault)
    try:
        held.unlink()
        time.sleep(0 if undo is nothing else LASTS_S)
    finally:
        undo()
    try:
        ended = bench.finish(session)
    finally:
        (bench.hold / "clock").unlink(missing_ok=True)
    assert ended["status"] in (3, 4)  # Complete, or Failed where no access could be made
    assert target.settled(before)
    states, jobs = bench.database(_left, UUID(session))
    assert (set(states) - {"reverted"}, jobs) == (set(), 0)


@pytest.fixture(scope="module")
def make(request: pytest.FixtureRequest, linux_hosts: list[Host]) -> Iterator[Callable[[str], FaultTarget]]:
    made: dict[str, FaultTarget] = {}

    def make(name: str) -> FaultTarget:
        if name not in made:
            if name == "linux":
                made[name] = fault_targets.linux(linux_hosts[1])
            elif name == "postgresql":
                server: tuple[PostgresServer, DatabaseTarget] = request.getfixturevalue("postgres_target")
                made[name] = fault_targets.postgresql(*server)
            else:
                mariadb: MariadbServer = request.getfixturevalue("mariadb_target")
                made[name] = fault_targets.mariadb(mariadb)
        return made[name]

    yield make
    for target in made.values():
        target.remove()


@pytest.fixture(scope="module")
def trusting(database_authority: Authority) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(database_authority.file))
        yield


def _run(made: Bench) -> Iterator[Bench]:
    made.hold.mkdir()
    initialised = made.installation.init()
    assert initialised.returncode == 0, initialised.stderr
    made.start()
    yield made
    assert made.installation.stop() == 0, made.installation.log()[-5000:]
    verified = made.installation.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture(scope="module")
def on_a_small_disk(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[[str], FaultTarget], trusting: None
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("faults")
    with small_disk(folder / "disk", "64m") as disk:
        yield from _run(Bench(Installation(disk / "data"), folder / "hold", make))


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory,
    make: Callable[[str], FaultTarget],
    trusting: None,
    postgres: PostgresServer,
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("faults")
    installation = Installation(folder / "data", database_url=postgres.create())
    yield from _run(Bench(installation, folder / "hold", make, postgres))


@pytest.mark.parametrize(("target", "fault", "at"), cases(*OF_TARGET, *OF_LOCUM))
def test_it_ends_whatever_happens(on_a_small_disk: Bench, target: str, fault: str, at: int) -> None:
    go_through(on_a_small_disk, target, fault, at)


@pytest.mark.parametrize(("target", "fault", "at"), cases(*STORE))
def test_it_ends_when_its_database_restarts(on_postgresql: Bench, target: str, fault: str, at: int) -> None:
    go_through(on_postgresql, target, fault, at)


@pytest.mark.full
@pytest.mark.parametrize("name", TARGETS)
def test_the_list_of_boundaries_is_whole(on_a_small_disk: Bench, name: str) -> None:
    assert len(on_a_small_disk.target(name).boundaries) == BOUNDARIES
    (on_a_small_disk.hold / "at").write_text("1000")
    assert on_a_small_disk.finish(on_a_small_disk.ask(name))["status"] == 3
    assert int((on_a_small_disk.hold / "at").read_text()) == 1000 - BOUNDARIES
    (on_a_small_disk.hold / "at").unlink()
