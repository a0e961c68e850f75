"""A gateway in the test's own event loop, a real sshd as its target, and the real `ssh` as its client.

The gate and the sign-in are small ones of the same interface: what they decide is tested in their own rooms.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncssh
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import Limits, SshGateway
from locum.kit.db import Database, sqlite_url
from locum.recordings.store import Store
from locum.recordings.writer import Recorder
from locum.sessions.connections import Grant
from locum.vault.keyring import Keyring
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault
from several_gateways import Several
from ssh_gateway import Client, Gate, People, Sshd, Tape, running_sshd


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return ("asyncio", {"use_uvloop": True})


@pytest.fixture
def database_url(tmp_path: Path, with_tables: Path) -> str:
    """What the gateway writes is not different on PostgreSQL."""
    shutil.copy(with_tables, tmp_path / "locum.db")
    return sqlite_url(tmp_path / "locum.db")


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def gate(sshd: Sshd, vault: Vault, database: Database) -> Gate:
    return Gate(
        Grant(
            connection_id=uuid4(),
            session_id=uuid4(),
            identity_id=uuid4(),
            identity_name="alice",
            resource_id=uuid4(),
            resource_name="web01",
            activity_name="Linux shell",
            host="127.0.0.1",
            port=sshd.port,
            login_name=sshd.user,
            private_key=Secret(sshd.private_key),
            certificate=None,
            trusted_host_key=sshd.host_key,
            deadline=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10),
            record=True,
        ),
        vault,
        database,
    )


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring(new_key()))


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    started = Recorder(Store(tmp_path / "recordings"), Ed25519PrivateKey.generate(), reserve_bytes=0)
    yield started
    await started.stop()


@pytest.fixture
def tape(recorder: Recorder, vault: Vault) -> Tape:
    return Tape(recorder, vault)


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.full)])
def processes(request: pytest.FixtureRequest) -> int:
    """How many carry the connections. The few of `IN_BOTH` say so themselves, and those of `IN_ONE`."""
    return int(request.param)


@pytest.fixture
async def gateway(
    people: People, gate: Gate, recorder: Recorder, limits: Limits, processes: int
) -> AsyncIterator[SshGateway | Several]:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    text = Secret(host_key.export_private_key("openssh"))
    started: SshGateway | Several
    if processes == 1:
        started = SshGateway(Rooms(gate, recorder), people, host_key=text, host="127.0.0.1", port=0, limits=limits)
        await started.start()
    else:
        started = await Several.started(processes, gate, people, text, recorder.store)
    started.public_key = host_key.export_public_key("openssh").decode().strip()  # type: ignore[union-attr]
    yield started
    await started.stop(0)


@pytest.fixture
def client(gateway: SshGateway, tmp_path: Path) -> Client:
    home = tmp_path / "home"
    home.mkdir()
    return Client(home, gateway.port, gateway.public_key)  # type: ignore[attr-defined]
