"""A real `locum serve` for tests: initialised, started, killed and started again."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from demo.client import Client, Refused
from demo.hosts import Host
from demo.installation import free_port

ADMIN, ADMIN_PASSWORD = "admin", "correct horse battery"
USER, USER_PASSWORD = "alice", "staple battery horse"
ENDED = {3, 4, 5}
LOCUM = str(Path(sys.executable).parent / "locum")


@dataclass
class Installation:
    """A data directory with a server that runs or not. Second factors are optional, so scripts are short."""

    data: Path
    database_url: str | None = None
    https: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    ssh: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    process: subprocess.Popen[bytes] | None = None

    def init(self, *options: str) -> subprocess.CompletedProcess[str]:
        password = self.data.parent / "admin-password"
        password.write_text(ADMIN_PASSWORD + "\n")
        url = ["--database-url", self.database_url] if self.database_url else []
        return self.locum(
            "init", "--admin", ADMIN, "--admin-password-file", str(password),
            *(options or ("--admin-mfa", "none", "--user-mfa", "optional")), *url,
        )  # fmt: skip

    def prepare(self) -> None:
        """What `init()` leaves; on SQLite a copy of the first that this process made, for it takes seconds."""
        if self.database_url is None:
            shutil.copytree(_initialised(), self.data)
        else:
            assert self.init().returncode == 0

    def locum(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours on this directory; `init --admin x` becomes `init --data-dir … --admin x`."""
        words = list(arguments)
        place = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
        command = [LOCUM, *words[:place], "--data-dir", str(self.data), *words[place:]]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def start(self, command: list[str] | None = None, env: dict[str, str] | None = None) -> None:
        """Start the server (or `command` in its place) and wait until it is healthy or dead."""
        with open(self.data / "serve.log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *(command or [LOCUM, "serve"]),
                    "--data-dir",
                    str(self.data),
                    "--https",
                    self.https,
                    "--ssh",
                    self.ssh,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ten seconds unless told; tests leave connections open that nobody will use again.
                env={"LOCUM_DRAIN_TIMEOUT": "2", **os.environ, **(env or {})},
            )
        deadline = time.monotonic() + 60
        while not self.healthy():
            if self.process.poll() is not None:
                return
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def healthy(self) -> bool:
        try:
            return bool(self.client().call("GET", "/api/v1/Health") == "Healthy")
        except (OSError, Refused):
            return False

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def log(self) -> str:
        return (self.data / "serve.log").read_text()

    def client(self) -> Client:
        return Client(f"https://{self.https}", self.data / "public" / "ca.crt")

    def admin(self) -> Client:
        client = self.client()
        client.sign_in(ADMIN, ADMIN_PASSWORD, "NA")
        return client

    def user(self) -> Client:
        client = self.client()
        client.sign_in(USER, USER_PASSWORD, "0")
        return client

    def browser(self, login: str = ADMIN, password: str = ADMIN_PASSWORD, code: str = "NA") -> httpx.Client:
        """Somebody who signed in with a browser and holds the cookie alone."""
        tls = ssl.create_default_context(cafile=str(self.data / "public" / "ca.crt"))
        headers = {"Sec-Fetch-Site": "same-origin"}
        http = httpx.Client(base_url=f"https://{self.https}", verify=tls, headers=headers, timeout=30)
        first = http.post("/signinBody", json={"Login": login, "Password": password}).json()
        done = http.post("/signin2fa", content=code, headers={"Authorization": f"Bearer {first}"})
        assert done.status_code == 200, done.text
        return http

    def application(self, admin: Client, name: str = "robot", **bounds: Any) -> tuple[str, Client]:
        """A new application with a key, bounded or not: the key's id and the application as a caller."""
        made = admin.call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", {"name": name})["id"]
        key = admin.call("POST", f"/api/locum/v1/Application/{made}/ApiKey", bounds)
        caller = self.client()
        caller.authorization = key["key"]
        return key["apiKey"]["id"], caller

    def seed(self, host: Host) -> dict[str, str]:
        """A user, the host as `web01` and a policy that joins them; their ids."""
        admin = self.admin()
        user = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
            "managedAccountView": {"name": USER},
            "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD},
        })["id"]  # fmt: skip
        credential = admin.call("POST", "/api/v1/Credential", {
            "username": host.account, "authenticationMethod": 1, "privateKey": Path(host.private_key).read_text(),
        })["id"]  # fmt: skip
        resource = admin.call("POST", "/api/v1/ManagedResource", {
            "name": "web01", "ipAddress": host.address, "serviceAccountId": credential,
            "acceptThumbprintOnFirstDiscovery": True,
        })["id"]  # fmt: skip
        kinds = admin.call("GET", "/api/v1/Activity")
        activities = {a["name"]: a["id"] for a in kinds if a["activityType"] == 0}
        policy = admin.call("POST", "/api/v1/AccessControlPolicy", {
            "name": "all", "managedAccountIds": [user], "managedResourceIds": [resource],
            "activityIds": list(activities.values()),
        })["id"]  # fmt: skip
        return {"user": user, "resource": resource, "policy": policy, "sudo": activities["Linux sudo"]}


@cache
def _initialised() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="locum-initialised-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Installation(folder / "data")
    done = made.init()
    assert done.returncode == 0, done.stderr
    return made.data


def status(client: Client, path: str = "/api/v1/ManagedAccount/Search") -> int:
    """The status that a caller gets there; the path is one that applications and administrators may read."""
    try:
        client.call("GET", path)
    except Refused as refused:
        return refused.status
    return 200


def ask(client: Client, **more: Any) -> str:
    """Ask for `Linux sudo` on web01; the session's id."""
    body = {"activityName": "Linux sudo", "managedResourceName": "web01", **more}
    return str(client.call("POST", "/api/v1/ActivitySession", body)["id"])
