"""Rotations of one login by a real server on a real target, asked for over the API, and what must hold at their end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.client import Client

from installation import Installation
from live_logins import KEY_PART, PASSWORD_PART, LiveLogin

COMPLETED, FAILED = 4, 5
NOTHING_LEFT = {
    "job": "SELECT count(*) FROM job",
    "open rotation": "SELECT count(*) FROM rotation WHERE open_credential_id IS NOT NULL OR ended_at IS NULL"
    " OR busy_until IS NOT NULL OR candidate_secret_id IS NOT NULL",
    "candidate": "SELECT count(*) FROM vault_secret s LEFT JOIN vault_secret_version v ON v.secret_id = s.id"
    " WHERE s.purpose = 'rotation.candidate' AND (s.erased_at IS NULL OR v.secret_id IS NOT NULL)",
    "dependant not told": "SELECT count(*) FROM dependant_update WHERE state = 'intended'",
    "secret without its current version": "SELECT count(*) FROM vault_secret s WHERE s.erased_at IS NULL AND"
    " (SELECT count(*) FROM vault_secret_version v WHERE v.secret_id = s.id AND v.version = s.version) <> 1",
    "newer version": "SELECT count(*) FROM vault_secret_version v JOIN vault_secret s ON s.id = v.secret_id"
    " WHERE v.version > s.version",
    "change without its one audit row": "SELECT (SELECT count(*) FROM rotation WHERE changed_at IS NOT NULL)"
    " <> (SELECT count(*) FROM audit_event WHERE action = 'credential.secret_changed')",
    "end without its one audit row": "SELECT (SELECT count(*) FROM rotation)"
    " <> (SELECT count(*) FROM audit_event WHERE action = 'rotation.ended')",
}


@dataclass
class LiveRotation:
    """One credential of one login on one resource. `first` is what the API revealed before any rotation; `copies` reads
    what those that depend on it have stored."""

    installation: Installation
    login: LiveLogin
    admin: Client  # its token outlives the server
    credential: str
    resource: str
    first: dict[str, str]
    copies: Callable[[], list[str]] = list

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An operation on this credential, whose id stands for ID in the path."""
        return self.admin.call(method, path.replace("ID", self.credential), body)

    def ask(self) -> None:
        """Have the secret changed; answers at once."""
        self.call("POST", "/api/locum/v1/Credential/ID/Rotate")

    def rotations(self) -> list[dict[str, Any]]:
        """The newest one first."""
        found: list[dict[str, Any]] = self.call("GET", "/api/locum/v1/Credential/ID/Rotation")["data"]
        return found

    def until_ended(self) -> tuple[int, ...]:
        """The states of all its rotations, the first one first, when none is under way any more."""
        deadline = time.monotonic() + 60
        while True:
            rows = self.rotations()
            states = tuple(row["status"] for row in reversed(rows))
            if states and min(states) >= COMPLETED:
                return states
            assert time.monotonic() < deadline, f"{rows}\n{self.installation.log()[-3000:]}"
            time.sleep(0.05)

    def ask_and_wait(self) -> None:
        """Until it has ended or the server is dead."""
        try:
            self.ask()
            self.until_ended()
        except (OSError, ValueError):
            assert self.installation.process is not None
            self.installation.process.wait(5)

    def check_secrets(self, version: int) -> None:
        """What the API reveals as current lets the target's own client in, and no other version does."""
        shown = self.call("GET", "/api/v1/Credential/ID?showPassword=true")
        known_versions = self.versions()
        assert len(known_versions) == version
        main = PASSWORD_PART if PASSWORD_PART in self.first else KEY_PART
        known = {main: set(known_versions)}
        for part, first in self.first.items():
            assert (shown[part] == first) == (version != 2), f"the {part} was not changed, or not changed back"
            for secret in {shown[part], first, *known.get(part, ())}:
                assert self.login.lets_in(part, secret) == (secret == shown[part]), f"another {part} is live"
        assert set(self.copies()) <= {shown[main]}

    def versions(self) -> list[str]:
        """What the vault keeps of it, the first one first; the last one is current."""
        rows = self.call("GET", "/api/locum/v1/Secret/ID/Version")
        numbers = range(1, len(rows) + 1)
        assert [(row["version"], row["isCurrent"]) for row in reversed(rows)] == [
            (number, number == len(rows)) for number in numbers
        ]
        return [self._version(number) for number in numbers]

    def _version(self, number: int) -> str:
        return str(self.call("GET", f"/api/locum/v1/Secret/ID/Reveal?version={number}")["text"])

    def check_nothing_left(self) -> None:
        """Stops the server and looks into its database and its audit chain."""
        assert self.installation.stop() == 0
        database = sqlite3.connect(self.installation.data / "locum.db")
        for what, query in NOTHING_LEFT.items():
            assert database.execute(query).fetchone() == (0,), what
        verified = self.installation.locum("audit", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


def onboard(installation: Installation, login: LiveLogin) -> LiveRotation:
    """The login's credential and its resource, over the API; its secret is changed only when asked."""
    admin = installation.admin()
    kept = admin.call("POST", "/api/v1/Credential", login.credential)["id"]
    service = kept if login.service is None else admin.call("POST", "/api/v1/Credential", login.service)["id"]
    target = {"name": "target", "serviceAccountId": service, **login.resource}
    resource = admin.call("POST", "/api/v1/ManagedResource", target)["id"]
    where = {"managedResourceId": resource, "managedType": 1}
    admin.call("PUT", f"/api/locum/v1/Credential/{kept}/ManagedUser", where)
    shown = admin.call("GET", f"/api/v1/Credential/{kept}?showPassword=true")
    return LiveRotation(installation, login, admin, kept, resource, {part: shown[part] for part in login.first})
