"""A server that waits at a step boundary of a session where it is told, and the real targets it has."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from bench.postgres import PostgresServer
from demo.client import Client, Refused

from fault_targets import FaultTarget, Undo, nothing
from installation import ENDED, USER, USER_PASSWORD, Installation
from locum.activities.model import activity, activity_action
from locum.kit.db import Tx, open_database, sqlite_url
from locum.kit.ids import new_id
from locum.kit.jobs import job
from locum.sessions.model import ledger_entry

HOLDING = [sys.executable, str(Path(__file__).with_name("story") / "crashing_locum.py")]
PATIENCE_S = 90


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

    def held_at(self, name: str, at: int) -> str:
        """A session of that target, which waits at the boundary of that number."""
        (self.hold / "at").write_text(str(at))
        session = self.ask(name)
        held = self.hold / "held"
        self.go_on(session, held.exists)
        assert held.read_text() == self.targets[name].boundaries[at - 1]
        return session

    def finish(self, session: str) -> dict[str, Any]:
        return self.go_on(session, lambda: False)

    def until_closed(self, session: str) -> None:
        """Its ledger is closed and nobody works on it any more: where the database was away when a session's last step
        was written, its job is there until the lease of that runs out."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            states, jobs = self.database(left, UUID(session))
            if set(states) <= {"reverted"} and not jobs:
                return
            assert time.monotonic() < deadline, f"{states} {jobs}\n{self.installation.log()[-5000:]}"
            time.sleep(0.1)

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


def left(tx: Tx, session: UUID) -> tuple[list[str], int]:
    """The states of its ledger's entries, and how many jobs there are for it."""
    states = tx.scalars(sa.select(ledger_entry.c.state).where(ledger_entry.c.session_id == session))
    jobs = tx.scalar(sa.select(sa.func.count()).select_from(job).where(job.c.subject_id == session))
    return [str(state) for state in states], jobs
