"""The demo's installation: two hosts, one Locum, an administrator, a user, a policy. All of it under one folder."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from demo import hosts
from demo.client import Client, Refused
from demo.hosts import Host

NAMES = ("web01", "db01")
NET = 100
USER = "alice"
ADMIN = "admin"
ACTIVE = 1


@dataclass
class Demo:
    """What the demo knows about itself, kept in `demo.json` (mode 0600)."""

    folder: str
    https: str
    ssh: str
    admin_password: str
    user_password: str
    user_totp: str = ""
    user_last_step: int = 0
    application_id: str = ""

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def ca(self) -> Path:
        return self.data / "public" / "ca.crt"

    def client(self) -> Client:
        return Client(f"https://{self.https}", self.ca)

    def save(self) -> None:
        fresh = self.path / "demo.json.new"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
        fresh.replace(self.path / "demo.json")


def load(folder: Path) -> Demo | None:
    """The demo that was made in `folder`, if one was."""
    file = folder / "demo.json"
    return Demo(**json.loads(file.read_text())) if file.exists() else None


def up(folder: Path, *, https: str, ssh: str, net: int = NET) -> Demo:
    """Start what does not run yet and seed what is not there yet."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    demo = load(folder) or Demo(
        str(folder), https, ssh, f"Adm1n-{secrets.token_urlsafe(9)}", f"User-{secrets.token_urlsafe(9)}"
    )
    demo.https, demo.ssh = https, ssh
    demo.save()
    running = hosts.start(folder / "hosts", net=net, names=NAMES)
    _init(demo)
    _serve(demo)
    _seed(demo, running)
    return demo


def stop(folder: Path) -> None:
    """Stop Locum and the hosts; the folder stays."""
    demo = load(folder.resolve())
    if demo is not None:
        pid = _pid(demo)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            _wait_until(lambda: _pid(demo) is None, "Locum does not stop", 30)
    hosts.stop(folder / "hosts")


def locum(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `locum` command of this environment."""
    command = Path(sys.executable).parent / "locum"
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False)


def _init(demo: Demo) -> None:
    password = demo.path / "admin-password"
    with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(demo.admin_password + "\n")
    done = locum(
        "init", "--data-dir", str(demo.data), "--admin", ADMIN, "--admin-password-file", str(password),
        "--admin-mfa", "none",
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr.strip())


def _serve(demo: Demo) -> None:
    if _pid(demo) is not None:
        return
    command = [str(Path(sys.executable).parent / "locum"), "serve", "--data-dir", str(demo.data)]
    with open(demo.path / "locum.log", "ab") as log:
        process = subprocess.Popen(
            [*command, "--https", demo.https, "--ssh", demo.ssh],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (demo.path / "locum.pid").write_text(str(process.pid))

    def healthy() -> bool:
        if process.poll() is not None:
            lines = (demo.path / "locum.log").read_text().strip().splitlines()
            raise SystemExit(f"Locum did not start: {lines[-1] if lines else process.returncode}")
        try:
            return bool(demo.client().call("GET", "/api/v1/Health") == "Healthy")
        except (OSError, Refused):
            return False

    _wait_until(healthy, "Locum does not become healthy", 30)


def _pid(demo: Demo) -> int | None:
    """The running server's process, if it is one of ours that lives."""
    try:
        pid = int((demo.path / "locum.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return pid if b"locum" in command and state != "Z" else None


def _seed(demo: Demo, running: list[Host]) -> None:
    """By the API alone, as an administrator's script would."""
    admin = demo.client()
    admin.sign_in(ADMIN, demo.admin_password, "NA")
    resources = [_resource(admin, host) for host in running]
    user = _find(admin, f"/api/v1/ManagedAccount/Search?filterText={USER}", "name", USER)
    if user is None:
        body = {
            "managedAccountView": {"name": USER, "displayName": "Alice Example"},
            "localUserPasswordChangeRequest": {"passwordNew": demo.user_password},
            "changePasswordNextLogin": False,
        }
        user = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", body)
    if not demo.user_totp:
        demo.user_totp = demo.client().enrol(USER, demo.user_password)
        demo.user_last_step = int(time.time()) // 30 - 1
    if not demo.application_id:
        made = admin.call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", {"name": "inventory"})
        demo.application_id = made["id"]
    # The release of credentials is what credential-based policies give by themselves.
    activities = [a["id"] for a in admin.call("GET", "/api/v1/Activity") if a["activityType"] == 0]
    try:
        policy = {
            "name": "Administrators of the demo hosts",
            "managedAccountIds": [user["id"]],
            "managedResourceIds": resources,
            "activityIds": activities,
        }
        admin.call("POST", "/api/v1/AccessControlPolicy", policy)
    except Refused as refusal:
        if refusal.status != 409:
            raise
    demo.save()


def _resource(admin: Client, host: Host) -> str:
    found = _find(admin, f"/api/v1/ManagedResource/Search?filterText={host.name}", "name", host.name)
    if found is not None:
        return str(found["id"])
    credential = admin.call(
        "POST",
        "/api/v1/Credential",
        {
            "username": host.account,
            "domain": host.name,
            "type": "Configuration",
            "authenticationMethod": "SshCertificate",
            "privateKey": Path(host.private_key).read_text(),
        },
    )
    platforms = {p["name"]: p["id"] for p in admin.call("GET", "/api/v1/Platform")}
    made = admin.call(
        "POST",
        "/api/v1/ManagedResource",
        {
            "name": host.name,
            "ipAddress": host.address,
            "portSsh": host.port,
            "platformId": platforms["Linux"],
            "serviceAccountId": credential["id"],
            "acceptThumbprintOnFirstDiscovery": True,
        },
    )
    return str(made["id"])


def _find(client: Client, path: str, key: str, value: str) -> Any:
    rows = client.call("GET", path)["data"]
    return next((row for row in rows if row[key] == value), None)


def _wait_until(condition: Any, complaint: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(complaint)
        time.sleep(0.05)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
