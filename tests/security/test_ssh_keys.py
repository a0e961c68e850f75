"""SSH keys at the gateway: SEC-03, SEC-08, and what a key proves under each connection profile.

Everything is real: `ssh` as the client, the sign-in, the gate, a session on a host. Only a FIDO2 device is a program.
"""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import asyncssh
import pytest
import sqlalchemy as sa
from asyncssh.packet import Boolean, String
from demo.hosts import Host

from identities_world import PASSWORD
from key_gateway import KeyGateway, key_gateway
from locum.activities.model import SshKeyUse
from locum.gateway.ssh.login import ATTEMPTS, KEY_ATTEMPTS
from locum.gateway.ssh.names import parse
from locum.identities import ssh_keys
from locum.identities.digests import KeyedDigest
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignedIn
from locum.identities.signins import begin as begin_sign_in
from locum.identities.signins import sign_out_everywhere
from locum.identities.tokens import Tokens
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid
from locum.sessions.connections import Connections, Wanted
from locum.sessions.model import access_session, connection
from raw_ssh_client import ASKED, FAILURE, failure, question, raw_client
from software_security_key import ECDSA, ED25519, TOUCHED, SecurityKey, agent
from world import ACTOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(
    database: Database,
    tmp_path: Path,
    linux_hosts: list[Host],
    hasher: PasswordHasher,
    issuer: Tokens,
    digest: KeyedDigest,
) -> AsyncIterator[KeyGateway]:
    async with key_gateway(database, tmp_path, linux_hosts[0], hasher, issuer, digest) as made:
        yield made


class TestWhatAKeyProves:
    """Connection profile × kind of key × whether the person needs a second factor."""

    @pytest.mark.parametrize("needed", [True, False])
    @pytest.mark.parametrize("use", list(SshKeyUse))
    async def test_in_a_session(self, door: KeyGateway, use: SshKeyUse, needed: bool) -> None:
        plain, touched, other = door.key("plain"), SecurityKey(ED25519), SecurityKey(ECDSA)
        for line in (plain, touched.line, other.line):
            await door.register(line)
        await door.key_use(use)
        await door.needs_code(needed)
        user = await door.session()
        code = ["code"] if needed else []
        first_factor = {
            SshKeyUse.OFF: (["password", *code], ["password", *code]),
            SshKeyUse.FIRST: (code, code),
            SshKeyUse.SECURITY_KEY: (code, []),
            SshKeyUse.SIGN_IN_KEY: (code, []),
            SshKeyUse.ANY: ([], []),
        }
        for_plain, for_touched = first_factor[use]
        door.client.use_keys(plain)
        answer, asked = await door.run(user)
        assert (answer.status, answer.out, asked) == (0, b"in\n", for_plain), answer.err
        assert ("takes no SSH keys" in answer.err) == (use is SshKeyUse.OFF)
        for key in (touched, other):
            socket = door.folder / key.algorithm[:8]  # the path of a socket is short
            async with agent(socket, [key]):
                door.client.use_keys(agent=socket)
                answer, asked = await door.run(user)
            assert (answer.status, answer.out, asked) == (0, b"in\n", for_touched), answer.err
            assert key.signatures == 1
        by = [row["by"] for row in await door.audited("signin.completed")]
        names = ("password",) * 3 if use is SshKeyUse.OFF else ("ssh_key", "security_key", "security_key")
        needs = (for_plain, for_touched, for_touched)
        assert by == [
            f"{name}, code" if "code" in asked else name for name, asked in zip(names, needs, strict=True)
        ]

    async def test_the_key_of_a_sign_in(self, door: KeyGateway, digest: KeyedDigest) -> None:
        """It is the code's place only where the profile says so, and nothing once its sign-in has ended."""
        begin = partial(begin_sign_in, identity_id=door.alice, method="password", address=None, client=None)
        opened = await door.database.write(begin, digest=digest)
        key = door.key("today")
        await door.register(key, sign_in_id=opened.id)
        door.client.use_keys(key)
        for use, asks in ((SshKeyUse.SECURITY_KEY, ["code"]), (SshKeyUse.SIGN_IN_KEY, [])):
            await door.key_use(use)
            answer, asked = await door.run("alice+Linux_sudo+web01")
            assert (answer.status, answer.out, asked) == (0, b"in\n", asks), answer.err
        await door.database.write(sign_out_everywhere, ACTOR, door.alice)
        answer, asked = await door.run("alice+Linux_sudo+web01")
        assert (answer.status, asked) == (0, ["password", "code"]), answer.err

    @pytest.mark.parametrize("options", [("-t", "ecdsa", "-b", "521"), ("-t", "rsa", "-b", "3072")])
    async def test_every_plain_kind_of_key(self, door: KeyGateway, options: tuple[str, ...]) -> None:
        key = door.key("key", *options)
        registered = await door.register(key)
        door.client.use_keys(key)
        answer, asked = await door.run("alice+Linux_sudo+web01")
        assert (answer.status, answer.out, asked) == (0, b"in\n", ["code"]), answer.err
        used = await door.database.read(ssh_keys.one, registered.id)
        assert registered.last_used_at is None
        assert used.last_used_at is not None

    async def test_the_gate_looks_again(self, door: KeyGateway) -> None:
        """The profile may change, or another session be opened, between the key and the gate."""
        held = await door.register(door.key("key"))
        bound = parse(await door.session())
        await door.key_use(SshKeyUse.ANY)
        who = await door.signin.proven_ssh_key(held, both_factors=True, address=None)
        assert isinstance(who, SignedIn)
        gate = Connections(door.database, door.stage.world.vault, door.stage.work.changed, node="n")
        refusals = {
            SshKeyUse.FIRST: "asks for a verification code",
            SshKeyUse.SECURITY_KEY: "asks for a verification code",
            SshKeyUse.OFF: "takes no SSH keys",
        }
        for use, words in refusals.items():
            await door.key_use(use)
            for wanted in (bound, Wanted("alice", "Linux_sudo", "web01")):
                with pytest.raises(Forbidden, match=words):
                    await gate.open(who, wanted, address="192.0.2.7", close=print, change=print, progress=print)
        for table, rows in ((access_session, 1), (connection, 0)):  # the bound session alone, and nobody in it
            count = sa.select(sa.func.count()).select_from(table)
            assert await door.database.read(lambda tx, count=count: tx.scalar(count)) == rows


class TestWhoIsRefused:
    """A key is no way around what a password meets."""

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"must_change": True}, "the password must be changed first"),
            ({"totp_secret_id": None}, "a second factor must be enrolled first"),
        ],
    )
    async def test_an_unfinished_account(self, door: KeyGateway, values: dict[str, object], words: str) -> None:
        key = door.key("key")
        await door.register(key)
        await door.needs_code(True)
        await door.change(**values)
        door.client.use_keys(key)
        for use in (SshKeyUse.FIRST, SshKeyUse.ANY):
            await door.key_use(use)
            answer, asked = await door.run("alice+Linux_sudo+web01")
            assert answer.status == 255
            assert words in answer.err
            assert asked == []
        assert await door.audited("signin.completed") == []

    @pytest.mark.parametrize("column", ["locked", "expires_at"])
    async def test_a_locked_or_expired_account(self, door: KeyGateway, column: str) -> None:
        key = door.key("key")
        await door.register(key)
        value = True if column == "locked" else dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        await door.change_identity(**{column: value})
        door.client.use_keys(key)
        answer, asked = await door.run("alice+Linux_sudo+web01")
        assert answer.status == 255
        assert "the account is locked or has expired" in answer.err
        assert asked == []

    async def test_deleted_and_unknown_people_and_other_peoples_keys(self, door: KeyGateway) -> None:
        hers, his = door.key("hers"), door.key("his")
        await door.register(hers)
        await door.register(his, door.stage.world.stranger)
        only = ("-o", "PreferredAuthentications=publickey")
        door.client.use_keys(his)
        alice = (await door.run("alice+Linux_sudo+web01", *only))[0]
        nobody = (await door.run("nobody+Linux_sudo+web01", *only))[0]
        await door.change_identity(deleted_at=dt.datetime.now(dt.UTC))
        door.client.use_keys(hers)
        gone = (await door.run("alice+Linux_sudo+web01", *only))[0]
        assert alice.status == nobody.status == gone.status == 255
        assert alice.err == nobody.err.replace("nobody", "alice") == gone.err
        assert await door.audited("signin.ssh_key") == []

    async def test_the_name_is_normalised(self, door: KeyGateway) -> None:
        key = door.key("key")
        await door.register(key)
        door.client.use_keys(key)
        answer, asked = await door.run("\\ＡLICE+Linux_sudo+web01")
        assert (answer.out, asked) == (b"in\n", ["code"]), answer.err

    async def test_wrong_tries_lock_the_code_and_not_the_key(self, door: KeyGateway) -> None:
        key = door.key("key")
        await door.register(key)
        door.client.use_keys(key)
        await door.change(failed_attempts=5, locked_until=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5))
        answer, asked = await door.run("alice+Linux_sudo+web01")
        assert answer.status == 255
        assert "too many wrong tries" in answer.err
        assert asked == ["code"]
        await door.key_use(SshKeyUse.ANY)
        answer, asked = await door.run("alice+Linux_sudo+web01")
        assert (answer.status, asked) == (0, []), answer.err
        # What it says about the person, it does not say about the wrong passwords.
        assert await door.failed_attempts() == 5

    async def test_wrong_codes_are_counted_and_the_key_stays_proven(self, door: KeyGateway) -> None:
        key = door.key("key")
        await door.register(key)
        door.client.use_keys(key, more=("-o", "NumberOfPasswordPrompts=5"))
        answer, asked = await door.run("alice+Linux_sudo+web01", code="000000")
        assert answer.status == 255
        assert asked == ["code"] * ATTEMPTS
        assert "the code is not right" in answer.err
        assert await door.failed_attempts() == ATTEMPTS

    async def test_many_keys_end_the_connection_and_lock_nobody(self, door: KeyGateway) -> None:
        socket = door.folder / "agent"
        async with agent(socket, [SecurityKey() for _ in range(KEY_ATTEMPTS + 2)]):
            door.client.use_keys(agent=socket)
            answer, asked = await door.run("alice+Linux_sudo+web01")
        assert answer.status == 255
        assert "too many SSH keys were offered" in answer.err
        assert asked == []
        assert await door.failed_attempts() == 0


class TestSec03ProofOfPossession:
    """Nobody is signed in by a key that they only name."""

    async def test_an_offer_signs_nobody_in(self, door: KeyGateway) -> None:
        key = asyncssh.generate_private_key("ssh-ed25519")
        held = await door.register(key.export_public_key().decode())
        await door.key_use(SshKeyUse.ANY)
        async with raw_client(door.gateway.port, "alice+Linux_sudo+web01") as client:
            assert (await client.offer(key))[0] == ASKED
            client.open_channel()
            assert "before authentication" in await client.ended()
        assert door.gateway.connections == 0
        assert await door.audited("signin.ssh_key") == await door.audited("signin.completed") == []
        assert (await door.database.read(ssh_keys.one, held.id)).last_used_at is None

    async def test_only_a_signature_of_this_key_over_this_connection_counts(self, door: KeyGateway) -> None:
        key, other = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
        await door.register(key.export_public_key().decode())
        user = "alice+Linux_sudo+web01"
        async with raw_client(door.gateway.port, user) as before:
            old = key.sign(before.to_sign(*as_sent(key)), b"ssh-ed25519")
        async with raw_client(door.gateway.port, user) as client:
            client.user = "alice+Linux_shell+web01"
            for_another_name = key.sign(client.to_sign(*as_sent(key)), b"ssh-ed25519")
            client.user = user
            for signature in (b"", b"x" * 80, String("ssh-ed25519") + String(b"x" * 64), old, for_another_name):
                answer, packet = await client.prove(key, signature=signature or String(""))
                assert answer == FAILURE
                assert failure(packet)[1] is False
            assert (await client.prove(key, signer=other))[0] == FAILURE
        assert await door.audited("signin.ssh_key") == []

    async def test_what_counts_is_the_key_that_signed_and_not_one_offered(self, door: KeyGateway) -> None:
        """A security key is offered, another key signs: that is the first factor and no more."""
        plain, device = asyncssh.generate_private_key("ssh-ed25519"), SecurityKey()
        await door.register(plain.export_public_key().decode())
        await door.register(device.line)
        await door.key_use(SshKeyUse.SECURITY_KEY)
        async with raw_client(door.gateway.port, "alice+Linux_sudo+web01") as client:
            assert (await client.offer(asyncssh.import_public_key(device.line)))[0] == ASKED
            answer, packet = await client.prove(plain)
            assert (answer, *failure(packet)) == (FAILURE, ["keyboard-interactive"], True)
            # Until the code is there, nothing else goes on.
            for method, args in (("password", (Boolean(False), String(PASSWORD))), ("none", ())):
                answer, packet = await client.ask(method, *args)
                assert (answer, *failure(packet)) == (FAILURE, ["keyboard-interactive"], False)
            answer, packet = await client.ask("keyboard-interactive", String(""), String(""))
            assert (answer, question(packet)) == (ASKED, "Verification code: ")
            # Another name begins again.
            client.user = "mallory+Linux_sudo+web01"
            answer, packet = await client.ask("keyboard-interactive", String(""), String(""))
            assert (answer, question(packet)) == (ASKED, "Password: ")
        assert await door.audited("signin.completed") == []

    async def test_a_signature_with_sha1_is_none(self, door: KeyGateway) -> None:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=3072)
        await door.register(key.export_public_key().decode())
        async with raw_client(door.gateway.port, "alice+Linux_sudo+web01") as client:
            answer, packet = await client.prove(key, algorithm="ssh-rsa")
            assert (answer, failure(packet)[1]) == (FAILURE, False)
            answer, packet = await client.prove(key, algorithm="rsa-sha2-256")
            assert (answer, failure(packet)[1]) == (FAILURE, True)

    @pytest.mark.parametrize("algorithm", [ED25519, ECDSA])
    async def test_a_security_key_that_nobody_touched_proves_nothing(
        self, door: KeyGateway, algorithm: str
    ) -> None:
        device = SecurityKey(algorithm, flags=0)
        await door.register(device.line)
        await door.key_use(SshKeyUse.ANY)
        socket = door.folder / "agent"
        async with agent(socket, [device]):
            door.client.use_keys(agent=socket)
            only = ("-o", "PreferredAuthentications=publickey")
            answer, _ = await door.run("alice+Linux_sudo+web01", *only)
            assert answer.status == 255
            assert device.signatures == 1
            device.flags = TOUCHED
            answer, _ = await door.run("alice+Linux_sudo+web01", *only)
            assert answer.status == 0, answer.err


class TestSec08Certificates:
    """Nobody is trusted to issue certificates, so none is a key here, whatever stands in it."""

    CORPUS: ClassVar[dict[str, tuple[str, ...]]] = {
        "user certificate": ("-n", "alice"),
        "host certificate": ("-h", "-n", "alice"),
        "no principals": (),
        "expired": ("-n", "alice", "-V", "20200101:20200102"),
        "another's principal": ("-n", "mallory"),
        "every principal": ("-n", "alice,root,alice+Linux_sudo+web01,*"),
        "forced command": ("-n", "alice", "-O", "force-command=id", "-O", "clear"),
    }

    @pytest.mark.parametrize("signer", ["a registered key", "itself", "a stranger's key"])
    async def test_none_signs_in_and_none_can_be_registered(self, door: KeyGateway, signer: str) -> None:
        key, other = door.key("key", "-t", "ed25519"), door.key("other", "-t", "ed25519")
        await door.key_use(SshKeyUse.ANY)
        authority = key if signer == "itself" else other
        if signer != "a stranger's key":
            await door.register(authority)
        for kind, options in self.CORPUS.items():
            issue = ["ssh-keygen", "-q", "-s", authority, "-I", "id", *options, key.with_suffix(".pub")]
            subprocess.run(issue, check=True)
            certificate = door.folder / "key-cert.pub"
            with pytest.raises(Invalid, match="certificate"):
                await door.register(certificate.read_text())
            await self._no_way_in(door, key, certificate, kind)
        assert await door.audited("signin.ssh_key") == []

    async def _no_way_in(self, door: KeyGateway, key: Path, certificate: Path, kind: str) -> None:
        # The client offers the certificate and not the key in it.
        only = ("-o", "PubkeyAcceptedAlgorithms=ssh-ed25519-cert-v01@openssh.com", "-v")
        door.client.use_keys(key, more=("-o", f"CertificateFile={certificate}", *only))
        answer, _ = await door.run("alice+Linux_sudo+web01", "-o", "PreferredAuthentications=publickey")
        offered = kind != "host certificate"  # `ssh` itself offers none of those
        assert ("Offering public key: " in answer.err and "ED25519-CERT" in answer.err) == offered, kind
        assert answer.status == 255, kind
        # Neither does it get in without the client's own checks.
        loaded, private = asyncssh.read_certificate(certificate), asyncssh.read_private_key(key)
        async with raw_client(door.gateway.port, "alice+Linux_sudo+web01") as client:
            args = (Boolean(True), String("ssh-ed25519-cert-v01@openssh.com"), String(loaded.public_data))
            signature = private.sign(client.to_sign(*args), b"ssh-ed25519")
            answered, packet = await client.ask("publickey", *args, String(signature))
            assert (answered, failure(packet)[1]) == (FAILURE, False), kind

    async def test_a_key_cannot_be_registered_as_an_authority(self, door: KeyGateway) -> None:
        line = door.key("key").with_suffix(".pub").read_text()
        for options in ("cert-authority", 'cert-authority,principals="alice"', "@cert-authority *"):
            with pytest.raises(Invalid, match="options before a key"):
                await door.register(f"{options} {line}")


def as_sent(key: asyncssh.SSHKey) -> tuple[bytes, ...]:
    """The arguments of `publickey` that a signature covers."""
    return Boolean(True), String(key.algorithm), String(key.public_data)
