"""A real ssh-agent of a person whose `ssh` the tests run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssh_gateway import Client


@contextmanager
def agent_of(client: Client, folder: Path) -> Iterator[str]:
    """Runs one that holds a new key, for the client to find; answers the public key."""
    key, socket = folder / "in_agent", folder / "agent"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mine", "-f", key], check=True)
    running = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            assert running.poll() is None
        environment = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", key], check=True, env=environment)
        client.extra_environment["SSH_AUTH_SOCK"] = str(socket)
        yield key.with_suffix(".pub").read_text()
    finally:
        running.terminate()
        running.wait(10)
