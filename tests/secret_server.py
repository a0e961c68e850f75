"""A real `locum serve` that keeps secrets, and an application with an API key that fetches them: one for the run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo.client import Client

from certificates import Certificate, make_ca, make_client
from installation import LOCUM, Installation
from locum.client import AsyncLocum, Locum

PASSWORD = "canary-4be1 päss\\word$"


@dataclass
class SecretServer:
    """Where it is, and who may ask. `ids` are of the credentials, by user name."""

    at: Installation
    key_file: Path
    ids: dict[str, str]
    certificate: Certificate

    @property
    def admin(self) -> Client:
        """Signed in just now: a token of when the server began may have ended since."""
        return self.at.admin()

    @property
    def ca_file(self) -> Path:
        return self.at.data / "public" / "ca.crt"

    @property
    def key(self) -> str:
        return self.key_file.read_text().strip()

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a script that uses it."""
        return {
            "PATH": f"{Path(LOCUM).parent}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "LOCUM_URL": f"https://{self.at.https}",
            "LOCUM_CA_FILE": str(self.ca_file),
            "LOCUM_API_KEY_FILE": str(self.key_file),
            **more,
        }

    def run(self, *words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run `locum secret …` as that script would."""
        env = self.env(**options.pop("more", {}))
        return subprocess.run(
            [LOCUM, "secret", *words], capture_output=True, check=False, timeout=60, env=env, **options
        )

    def shell(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script with `locum` on its path."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            capture_output=True, text=True, check=False, timeout=60, env=self.env(**more),
        )  # fmt: skip

    def where(self, **changes: Any) -> dict[str, Any]:
        """The arguments of a client."""
        return {
            "url": f"https://{self.at.https}",
            "api_key_file": self.key_file,
            "ca_file": self.ca_file,
            **changes,
        }

    def locum(self, **changes: Any) -> Locum:
        return Locum(**self.where(**changes))

    def async_locum(self, **changes: Any) -> AsyncLocum:
        return AsyncLocum(**self.where(**changes))

    def live_leases(self) -> int:
        return int(self.admin.call("GET", "/api/locum/v1/Lease?live=true&take=0")["recordsTotal"])


@pytest.fixture(scope="session")
def secret_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretServer]:
    """It runs until the tests end. Who checks something out checks it in again."""
    folder = tmp_path_factory.mktemp("secrets")
    installation = Installation(folder / "data")
    installation.prepare()
    ca = make_ca()
    certificate = make_client(ca, "builder")
    (folder / "client-ca.crt").write_bytes(ca.pem)
    installation.start(env={"LOCUM_CLIENT_CA": str(folder / "client-ca.crt")})
    try:
        admin = installation.admin()
        key_file = folder / "api-key"
        _, robot = installation.application(admin, "builder")
        assert robot.authorization is not None
        key_file.write_text(robot.authorization + "\n")
        key_file.chmod(0o600)
        found = admin.call("GET", "/api/v1/ManagedAccount/Search?filterText=builder")["data"]
        view = {"id": found[0]["id"], "name": "builder", "certificateSerialNumber": certificate.serial}
        admin.call("PUT", "/api/v1/ManagedAccount/UpdateApplicationUser", view)
        ids = {
            made["username"]: made["id"]
            for made in (
                admin.call("POST", "/api/v1/Credential", {"type": 1, **body})
                for body in (
                    {"username": "deploy", "domain": "web01", "password": PASSWORD},
                    {"username": "backup", "password": "other"},
                    {"username": "twice", "domain": "one", "password": "1"},
                    {"username": "twice", "domain": "two", "password": "2"},
                )
            )
        }
        yield SecretServer(installation, key_file, ids, certificate)
    finally:
        installation.stop()
