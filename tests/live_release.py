"""The release of one login's secret to a person, by a real server on a real target, and what must hold at its end."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.client import Client

from installation import ENDED, USER, USER_PASSWORD, Installation
from live_logins import KEY_PART, PASSWORD_PART, LiveLogin
from live_rotation import COMPLETED, LiveRotation, onboard

DISABLE, ENABLE, KEEP = range(3)
AUTOMATIC = 2
SESSIONS = "/api/v1/ActivitySession"
LASTS_S, AFTER_THE_END_S = 150, 240
ACTIVE, COMPLETE = 1, 3
ONCE = ("session.requested", "lease.checked_out", "session.active", "session.ending", "lease.ending",
        "lease.ended", "session.ended")  # fmt: skip
ALL_IS_OVER = {
    "a lease that has not ended": "SELECT count(*) FROM lease WHERE state <> 'ended' OR ended_at IS NULL"
    " OR exclusive_credential_id IS NOT NULL",
    "something undone": "SELECT count(*) FROM lease WHERE last_error IS NOT NULL",
    "an account that was left": "SELECT count(*) FROM lease WHERE post_session <> 2"
    " AND account IS DISTINCT FROM 'settled'",
    "an open session": "SELECT count(*) FROM access_session WHERE status <> 3 OR actual_end IS NULL",
    "a right on a target": "SELECT count(*) FROM ledger_entry",
}


@dataclass(frozen=True)
class Terms:
    """When the secret is changed, what becomes of the account, and whether the session's time ends it."""

    on_checkout: bool = False
    on_release: bool = True
    post_session: int = KEEP
    by_deadline: bool = False

    @property
    def changes(self) -> list[str]:
        """What the secret is changed for, in order."""
        return ["check_out"] * self.on_checkout + ["release"] * self.on_release


@dataclass
class LiveRelease:
    """`clock` is the file that sets the server's clock; `seen` what the person was told during the session."""

    kept: LiveRotation
    terms: Terms
    clock: Path
    seen: set[str] = field(default_factory=set)
    policy: str = ""
    user: Client | None = None  # a token outlives the server

    @property
    def installation(self) -> Installation:
        return self.kept.installation

    @property
    def part(self) -> str:
        return PASSWORD_PART if PASSWORD_PART in self.kept.first else KEY_PART

    def ask(self, user: Client) -> str:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LASTS_S)
        asked = {"credentialId": self.kept.credential, "endDateTimeUtc": until.isoformat()}
        return str(user.call("POST", SESSIONS, asked)["id"])

    def secret(self, user: Client, session: str) -> str:
        """As its owner reads it, while the session lasts."""
        return str(user.call("GET", f"{SESSIONS}/{session}/Password"))

    def read(self, user: Client, session: str) -> None:
        """The person is told the secret, and it opens the target."""
        secret = self.secret(user, session)
        assert self.kept.login.lets_in(self.part, secret)
        self.seen.add(secret)

    def begin_end(self, user: Client, session: str) -> None:
        """The person gives it back, or its time is over."""
        if self.terms.by_deadline:
            self.clock.write_text(str(AFTER_THE_END_S))
        else:
            user.call("DELETE", f"{SESSIONS}/{session}")

    def one_life(self) -> str:
        """Ask, wait until active, read, end, wait until ended; stops where the server dies. The id, or ""."""
        session = ""
        try:
            self.user = user = self.installation.user()
            session = self.ask(user)
            user.wait_for_session(session, {ACTIVE, *ENDED}, 40)
            self.read(user, session)
            self.begin_end(user, session)
            user.wait_for_session(session, ENDED, 40)
        except TimeoutError:  # an OSError too
            raise
        except (OSError, ValueError):
            assert self.installation.process is not None
            self.installation.process.wait(5)
        return session

    def finish(self, session: str) -> dict[str, Any]:
        """After a restart: bring the session to its end, whatever had been asked already."""
        user, deadline = self.user, time.monotonic() + 60
        assert user is not None
        if not session:  # the answer was lost with the server, the wish was not
            (session,) = self._asked_for(user)
        while True:
            seen: dict[str, Any] = user.call("GET", f"{SESSIONS}/{session}")
            if seen["status"] in ENDED:
                return seen
            if seen["status"] == ACTIVE and not self.clock.exists():
                self.read(user, session)
                self.begin_end(user, session)
            assert time.monotonic() < deadline, f"{seen}\n{self.installation.log()[-5000:]}"
            time.sleep(0.05)

    def _asked_for(self, user: Client) -> list[str]:
        states = ("Pending", "Active")
        pages = [user.call("GET", f"{SESSIONS}/SummaryByStatus/{state}")["data"] for state in states]
        return [row["id"] for page in pages for row in page]

    def check(self, ended: dict[str, Any]) -> None:
        """The session is over, and so is all that it did."""
        assert ended["status"] == COMPLETE, ended
        self.check_target()

    def check_target(self) -> None:
        """The account is as its terms say, and what the vault has opens it, and nothing else does."""
        login, terms = self.kept.login, self.terms
        versions = self.kept.versions()
        assert len(versions) == 1 + len(terms.changes)
        assert self.kept.until_ended() == (COMPLETED,) * len(terms.changes)
        assert self.seen == {versions[terms.on_checkout]}
        off = terms.post_session == DISABLE
        assert login.is_on() != off
        if off:
            assert not any(login.lets_in(self.part, secret) for secret in versions)
            login.switch(True)
        assert [login.lets_in(self.part, secret) for secret in versions] == [False] * len(terms.changes) + [True]

    def check_nothing_left(self, *told: str) -> None:
        """Stops the server and looks into its database and its audit chain, which tells each of `told` once."""
        self.kept.check_nothing_left()
        database = sqlite3.connect(self.installation.data / "locum.db")
        for what, query in ALL_IS_OVER.items():
            assert database.execute(query).fetchone() == (0,), what
        query = "SELECT count(*) FROM audit_event WHERE action = ?"
        wanted = {**dict.fromkeys(told or ONCE, 1), "lease.stuck": 0}
        switches = self.terms.post_session != KEEP
        wanted["lease.account_switched"] = 2 if switches else 0
        wanted["lease.active"] = int(switches or self.terms.on_checkout)  # or it is from its check-out on
        for action, times in wanted.items():
            assert database.execute(query, (action,)).fetchone() == (times,), action
        reasons = database.execute("SELECT reason FROM rotation ORDER BY created_at").fetchall()
        assert [reason for (reason,) in reasons] == self.terms.changes
        database.close()


def release(installation: Installation, login: LiveLogin, terms: Terms) -> LiveRelease:
    """The login's credential under these terms, and a person whom a policy gives it."""
    kept = onboard(installation, login)
    made = LiveRelease(kept, terms, installation.data / "clock")
    changes = f"changeOnCheckout={json.dumps(terms.on_checkout)}&changeOnRelease={json.dumps(terms.on_release)}"
    kept.admin.call("PUT", f"/api/v1/Credential/OnChangeReset?{changes}", [kept.credential])
    where = {"managedResourceId": kept.resource, "managedType": AUTOMATIC}
    kept.call("PUT", "/api/locum/v1/Credential/ID/ManagedUser", where)
    after = {"action": terms.post_session}
    kept.call("PUT", "/api/v1/Credential/CredentialRelease/ID/PostSessionDisable", after)
    user = kept.admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
        "managedAccountView": {"name": USER},
        "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD},
    })["id"]  # fmt: skip
    body = {"name": "secrets", "policyType": 1, "managedAccountIds": [user], "credentialIds": [kept.credential]}
    made.policy = kept.admin.call("POST", "/api/v1/AccessControlPolicy", body)["id"]
    if terms.post_session != KEEP:
        login.switch(False)  # as it is between two sessions
    return made
