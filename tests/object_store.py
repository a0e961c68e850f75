"""A real S3-compatible server on this machine (rclone), with TLS and keys, over a folder that tests look into."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.installation import free_port

from locum.main.tls import ca_certificate, ensure_leaf, make_ca
from locum.recordings.archive import Place

ACCESS_KEY, SECRET_KEY = "locumtest", "canary-77aa-secret"
BUCKET = "recordings"
RCLONE = str(Path(sys.executable).parent / "rclone")


@dataclass
class ObjectStore:
    """`place` is how Locum reaches it, with the environment of `env`."""

    folder: Path
    ca: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def place(self) -> Place:
        return Place(f"s3://{BUCKET}/locum", self.endpoint, self.ca.read_bytes())

    @property
    def env(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": "eu-test-1"}

    def names(self) -> set[str]:
        """What lies in the bucket."""
        return {str(file.relative_to(self.folder / BUCKET)) for file in self.folder.rglob("*.locrec")}

    def start(self) -> None:
        keys = self.folder.parent
        command = [
            RCLONE, "serve", "s3", str(self.folder), "--addr", f"localhost:{self.port}",
            "--cert", str(keys / "tls.crt"), "--key", str(keys / "tls.key"),
            "--vfs-cache-mode", "off", "--dir-cache-time", "0s",
        ]  # fmt: skip
        # Names in quotes, because the variable is a list with commas.
        env = {**os.environ, "RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{SECRET_KEY}"', "RCLONE_CONFIG": ""}
        log = self.folder.parent / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._listens():
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("localhost", self.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def object_store(root: Path) -> Iterator[ObjectStore]:
    """A store that runs, with an empty bucket."""
    (root / "objects" / BUCKET).mkdir(parents=True)
    authority = make_ca()
    (root / "ca.crt").write_bytes(ca_certificate(authority))
    ensure_leaf(authority, certificate=root / "tls.crt", key=root / "tls.key", names=["localhost"])
    made = ObjectStore(root / "objects", root / "ca.crt")
    made.start()
    try:
        yield made
    finally:
        made.stop()
