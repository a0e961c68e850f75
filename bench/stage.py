"""What is measured: a real `locum serve`, the empty peer, two hosts. Each is started when a row first needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from demo.client import Client, Refused
from demo.hosts import Host
from demo.installation import free_port

from bench.load import Server
from demo import hosts

ADMIN, USER = "admin", "alice"
PASSWORD = "correct horse battery staple"
LOCUM = str(Path(sys.executable).with_name("locum"))


class Stage:
    """Everything lies in `folder`, listens on 127.0.0.0/8, and ends with `cleanup`."""

    def __init__(self, folder: Path, cleanup: ExitStack, *, short: bool, storm: bool = False) -> None:
        self.folder = folder
        self.cleanup = cleanup
        self.short = short
        self.storm = storm
        self.ssh, self.several_ssh = (f"127.0.0.1:{free_port()}" for _ in range(2))

    @cached_property
    def locum(self) -> Server:
        """A server with an administrator and a user who need no second factor."""
        return self._serve([LOCUM], "data", self.ssh)

    @cached_property
    def several(self) -> Server:
        """Another server that knows the same target, and whose gateway runs in two processes."""
        target = self.hosts[0]
        server = self._serve([LOCUM], "several", self.several_ssh, "--gateway-processes", "2")
        self._seed(target, server)
        return server

    @cached_property
    def remembering(self) -> Server:
        """Another server with the same administrator, which believes a credential it has seen before."""
        return self._serve(
            [sys.executable, "-m", "bench.remembering_app"], "remembering", f"127.0.0.1:{free_port()}"
        )

    @cached_property
    def peer(self) -> Server:
        """The empty application with Locum's own certificate."""
        port = free_port()
        pair = [
            "--certificate", str(self.data / "public" / "tls.crt"), "--key", str(self.data / "keys" / "tls.key"),
        ]  # fmt: skip
        ca = self.locum.ca
        process = self.start([sys.executable, "-m", "bench.peer_app", "--port", str(port), *pair], "peer.log")
        server = Server(f"127.0.0.1:{port}", ca, process.pid)
        _until(lambda: _answers(server), "the peer does not start")
        return server

    @cached_property
    def hosts(self) -> tuple[Host, Host]:
        """The target, which Locum knows as `web01` and the user may enter, and a plain OpenSSH jump host."""
        folder = self.folder / "hosts"
        self.cleanup.callback(hosts.stop, folder)
        target, jump = hosts.start(folder, net=os.getpid() % 60000 + 300, names=("web01", "jump"), tied=True)
        self._seed(target, self.locum)
        return target, jump

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def init(self, name: str) -> Path:
        """A fresh data directory."""
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        options = ["--admin", ADMIN, "--admin-password-file", str(password), "--admin-mfa", "none"]
        command = [LOCUM, "init", "--data-dir", str(self.folder / name), *options, "--user-mfa", "optional"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return self.folder / name

    def client(self, login: str = ADMIN, server: Server | None = None) -> Client:
        """The API of Locum, or of `server`, freshly signed in to."""
        server = server or self.locum
        client = Client(f"https://{server.address}", server.ca)
        client.sign_in(login, PASSWORD, "NA")
        return client

    def token(self, login: str = ADMIN, server: Server | None = None) -> str:
        """A fresh sign-in token."""
        return str(self.client(login, server).authorization).removeprefix("Bearer ")

    def _serve(self, command: list[str], data: str, ssh: str, *more: str) -> Server:
        folder, https = self.init(data), f"127.0.0.1:{free_port()}"
        process = self.start(
            [*command, "serve", "--data-dir", str(folder), "--https", https, "--ssh", ssh, *more], f"{data}.log"
        )
        server = Server(https, folder / "public" / "ca.crt", process.pid)
        _until(lambda: _healthy(server), "Locum does not become healthy")
        return server

    def _seed(self, target: Host, server: Server) -> None:
        admin = self.client(server=server)
        user = admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", {
            "managedAccountView": {"name": USER}, "localUserPasswordChangeRequest": {"passwordNew": PASSWORD},
        })["id"]  # fmt: skip
        credential = admin.call("POST", "/api/v1/Credential", {
            "username": target.account, "authenticationMethod": 1,
            "privateKey": Path(target.private_key).read_text(),
        })["id"]  # fmt: skip
        resource = admin.call("POST", "/api/v1/ManagedResource", {
            "name": "web01", "ipAddress": target.address, "serviceAccountId": credential,
            "acceptThumbprintOnFirstDiscovery": True,
        })["id"]  # fmt: skip
        activities = [a["id"] for a in admin.call("GET", "/api/v1/Activity") if a["activityType"] == 0]
        admin.call("POST", "/api/v1/AccessControlPolicy", {
            "name": "all", "managedAccountIds": [user], "managedResourceIds": [resource], "activityIds": activities,
        })  # fmt: skip

    def start(self, command: list[str], log_name: str) -> subprocess.Popen[bytes]:
        with open(self.folder / log_name, "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.cleanup.callback(_end, process)
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _healthy(server: Server) -> bool:
    try:
        return bool(Client(f"https://{server.address}", server.ca).call("GET", "/api/v1/Health") == "Healthy")
    except (OSError, Refused):
        return False


def _answers(server: Server) -> bool:
    try:
        return bool(Client(f"https://{server.address}", server.ca).call("GET", "/empty") == [])
    except (OSError, Refused):
        return False


def _until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(complaint)
        time.sleep(0.05)
