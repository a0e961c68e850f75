"""Signing in to a target as its service account: only to the host we know, only with what we were given."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from demo.hosts import Host

from hosts import target_of
from linux_user import User
from locum.connectors import ssh
from locum.connectors.base import Target, TargetRefused, TargetUnreachable
from locum.connectors.linux import LinuxConnector
from locum.vault.secret import Secret
from ssh_gateway import OLD, running_sshd

pytestmark = pytest.mark.anyio


async def test_the_first_host_key_is_taken_only_where_that_is_allowed(host: Host) -> None:
    async with LinuxConnector.connect(target_of(host, pinned=False)) as connection:
        assert connection.host_key == host.host_key
        assert connection.host_key_thumbprint.startswith("SHA256:")
    with pytest.raises(TargetRefused, match="is not trusted yet"):
        async with LinuxConnector.connect(replace(target_of(host, pinned=False), accept_first=False)):
            pass


@pytest.mark.parametrize("accept_first", [True, False])
async def test_another_host_key_is_refused(linux_hosts: list[Host], accept_first: bool) -> None:
    wrong = replace(target_of(linux_hosts[0]), trusted_host_key=linux_hosts[1].host_key, accept_first=accept_first)
    with pytest.raises(TargetRefused, match="not the pinned one"):
        async with LinuxConnector.connect(wrong):
            pass


@pytest.mark.parametrize("pinned", [True, False])
async def test_any_host_key_is_taken_where_the_target_says_so(linux_hosts: list[Host], pinned: bool) -> None:
    other = linux_hosts[1].host_key if pinned else None
    anything = replace(target_of(linux_hosts[0]), trusted_host_key=other, accept_first=False, accept_any=True)
    async with LinuxConnector.connect(anything) as connection:
        assert connection.host_key == linux_hosts[0].host_key


async def test_a_key_of_another_kind_than_the_pinned_one_is_refused(host: Host) -> None:
    pinned = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA=="
    with pytest.raises(TargetRefused):
        async with LinuxConnector.connect(replace(target_of(host), trusted_host_key=pinned)):
            pass


async def test_a_closed_port_is_unreachable_at_once(host: Host) -> None:
    started = time.monotonic()
    with pytest.raises(TargetUnreachable, match="can't reach"):
        async with LinuxConnector.connect(replace(target_of(host), port=1)):
            pass
    assert time.monotonic() - started < 2


async def test_a_silent_port_is_unreachable(monkeypatch: pytest.MonkeyPatch, host: Host) -> None:
    monkeypatch.setattr(ssh, "CONNECT_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = replace(target_of(host), host="127.0.0.1", port=silent.getsockname()[1])
        with pytest.raises(TargetUnreachable, match="no answer in time"):
            await LinuxConnector.connect(target).__aenter__()


async def test_a_wrong_key_is_refused_without_showing_it(host: Host, user: User) -> None:
    other = replace(target_of(host), private_key=Secret(user.key.read_bytes()))
    with pytest.raises(TargetRefused, match="does not let the service account locum in"):
        async with LinuxConnector.connect(other):
            pass
    with pytest.raises(TargetRefused, match="can't be read") as caught:
        async with LinuxConnector.connect(replace(other, private_key=Secret("canary"))):
            pass
    assert "canary" not in str(caught.value)


async def test_nothing_of_our_own_ssh_set_up_is_used(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service account's key in our home, and a config that names it, must not let anybody in."""
    (tmp_path / ".ssh").mkdir(mode=0o700)
    for name in ("id_ed25519", "id_ed25519.pub"):
        (tmp_path / ".ssh" / name).write_bytes(Path(host.private_key).with_name(name).read_bytes())
        (tmp_path / ".ssh" / name).chmod(0o600)
    (tmp_path / ".ssh" / "config").write_text(f"Host *\nIdentityFile {host.private_key}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(TargetRefused, match="does not let"):
        async with LinuxConnector.connect(replace(target_of(host), private_key=None, password=Secret("wrong"))):
            pass


@pytest.mark.parametrize("names", [b"\0\0\0\x04curv", struct.pack(">I", 2**31), b"\0\0\0\x04c\xffrv" * 10])
async def test_packets_that_make_no_sense_are_a_host_to_try_later(host: Host, names: bytes) -> None:
    """SEC-23: a host gone mad is told apart from a fault of ours, so that the person hears why and we go on."""
    start = b"\x14" + bytes(16) + names
    padding = 16 - (len(start) + 5) % 8
    packet = struct.pack(">IB", len(start) + padding + 1, padding) + start + bytes(padding)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-mad\r\n" + packet)
        with suppress(ConnectionError):
            await reader.read()  # till the other side has had enough
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as mad:
        target = replace(target_of(host), host="127.0.0.1", port=mad.sockets[0].getsockname()[1])
        with pytest.raises(TargetUnreachable, match="make no sense"):
            await LinuxConnector.connect(target).__aenter__()


async def test_an_old_server_is_spoken_to_only_where_its_resource_says_so(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", tmp_path / "service"], check=True)
    more = OLD.format(kex="diffie-hellman-group14-sha1", cipher="aes128-cbc")
    with running_sshd(tmp_path, host_key="rsa", more=more) as old:
        (tmp_path / "user.pub").write_bytes((tmp_path / "service.pub").read_bytes())
        service = Secret((tmp_path / "service").read_bytes())
        target = Target("127.0.0.1", old.port, old.user, None, service, old.host_key, False, None)
        for _ in range(20):  # whichever side sees first that they have nothing in common ends it
            with pytest.raises(TargetRefused, match="no way to speak to"):
                await ssh.open_connection(target)
        with pytest.raises(TargetUnreachable):
            await ssh.takes_passwords(target)
        for trusted in (old.host_key, None):
            weak = replace(target, legacy=True, trusted_host_key=trusted, accept_first=True)
            connection, shown = await ssh.open_connection(weak)
            assert shown == old.host_key
            assert connection.get_extra_info("send_cipher") == "aes128-cbc"
            assert (await connection.run("echo in")).stdout == "in\n"
            connection.abort()
            await connection.wait_closed()
        assert not await ssh.takes_passwords(replace(target, legacy=True))
