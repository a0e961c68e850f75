"""What everything that changes accounts' secrets must pass, on a real target: subclass `KeeperConformance` and give it
`grounds`.

The grounds say how to make accounts and how to find out what they are let in with, both by another way than the
connector's.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import ModuleType

import pytest

from locum.connectors.base import AccountKeeper, Dependant, Target, TargetRefused, TargetUnreachable
from locum.main.compose import open_keeper
from locum.vault.secret import Secret

OLD, NEW = "an old Passw0rd", "a new Passw0rd"
LOGIN, CANARY = "kept", "canary"
HOSTILE_PASSWORDS = [
    "'; DROP USER kept; --",
    "\"double\" and 'single'",
    r"\ back\\slashes \0 \n \' %s %n %(x)s",
    "$(touch /tmp/owned) `id` ${HOME} && id",
    "-rf --help",
    " spaces at both ends ",
    "two: colons: in:it",
    "*?[a-z]{x,y}~!#",
    "pässwörd €🔑 日本",
    "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29",
    "md5e8a48653851e28c69d0506508fb27fc5",
    "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0$c3RvcmVk:c2VydmVy",
    "\\\\",
    "x",
    "long" * 125,
]
REFUSED_PASSWORDS = [b"", b"a\nb", b"a\rb", b"a\0b", b"\x1b[31m", "a\u2028b".encode(), b"\xff\xfe", b"x" * 501]


@dataclass(frozen=True)
class Grounds:
    """One platform, one target. `powerless` is the same target through an account that may not change others;
    `names` are logins the platform allows and other software stumbles over, `no_names` those it can't have.
    `hung` makes the target stop in the middle of everything until `thaw`."""

    kind: str
    target: Target
    powerless: Target
    make: Callable[[str, str], None]
    remove: Callable[[str], None]
    lets_in: Callable[[str, str], bool]
    freeze: Callable[[], None]
    thaw: Callable[[], None]
    names: tuple[str, ...]
    no_names: tuple[str, ...]
    timeouts: tuple[tuple[ModuleType, str], ...]

    def open(self, target: Target | None = None) -> AbstractAsyncContextManager[AccountKeeper]:
        return open_keeper(self.kind, target or self.target)

    def hurry(self, patch: pytest.MonkeyPatch) -> None:
        for module, name in self.timeouts:
            patch.setattr(module, name, 1)


class KeeperConformance:
    @pytest.fixture(autouse=True)
    def accounts(self, grounds: Grounds) -> object:
        grounds.make(LOGIN, OLD)
        grounds.make(CANARY, OLD)
        yield
        assert grounds.lets_in(CANARY, OLD)
        grounds.remove(LOGIN)
        grounds.remove(CANARY)

    async def test_a_password_is_changed_verified_repeated_and_changed_back(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            assert await keeper.accepts_password(LOGIN, Secret(OLD))
            for _ in range(2):
                await keeper.change_password(LOGIN, Secret(NEW))
                assert (grounds.lets_in(LOGIN, OLD), grounds.lets_in(LOGIN, NEW)) == (False, True)
                assert await keeper.accepts_password(LOGIN, Secret(NEW))
                assert not await keeper.accepts_password(LOGIN, Secret(OLD))
            await keeper.change_password(LOGIN, Secret(OLD))
            assert (grounds.lets_in(LOGIN, OLD), grounds.lets_in(LOGIN, NEW)) == (True, False)

    async def test_accounts_are_found(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            found, nobody = await keeper.find(LOGIN), await keeper.find("nobody-at-all")
            assert found is not None
            assert (found.login, found.enabled) == (LOGIN, True)
            assert nobody is None

    async def test_an_unknown_account_is_refused(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            for refused in (
                keeper.accepts_password("ghost", Secret(OLD)),
                keeper.change_password("ghost", Secret(OLD)),
                keeper.set_enabled("ghost", False),
            ):
                with pytest.raises(TargetRefused, match=r"there is no (account|role) ghost"):
                    await refused

    async def test_an_account_is_disabled_and_enabled_and_keeps_its_password(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            for enabled in (False, False, True, True):
                await keeper.set_enabled(LOGIN, enabled)
                found = await keeper.find(LOGIN)
                assert found is not None
                assert found.enabled is enabled
                canary = await keeper.find(CANARY)
                assert canary is not None
                assert canary.enabled
            await keeper.set_enabled(LOGIN, False)
            await keeper.change_password(LOGIN, Secret(NEW))
            found = await keeper.find(LOGIN)
            assert found is not None
            assert not found.enabled
            await keeper.set_enabled(LOGIN, True)
            assert grounds.lets_in(LOGIN, NEW)

    async def test_the_way_in_is_changed_by_itself_but_not_shut(self, grounds: Grounds) -> None:
        own = replace(grounds.target, private_key=None, password=Secret(OLD), username=f"{LOGIN}svc")
        grounds.make(own.username, OLD)
        try:
            async with grounds.open() as keeper:
                with pytest.raises(TargetRefused, match="Locum's own way"):
                    await keeper.set_enabled(grounds.target.username, False)
                assert await keeper.find(own.username) is not None
            if grounds.target.password is not None:
                password = grounds.target.password
                async with grounds.open() as keeper:
                    await keeper.change_password(grounds.target.username, Secret(NEW))
                    assert await keeper.accepts_password(grounds.target.username, Secret(NEW))
                    assert not await keeper.accepts_password(grounds.target.username, password)
                    await keeper.change_password(grounds.target.username, password)
                    assert await keeper.accepts_password(grounds.target.username, password)
        finally:
            grounds.remove(own.username)

    async def test_an_account_without_the_right_is_refused(self, grounds: Grounds) -> None:
        with pytest.raises(TargetRefused):
            async with grounds.open(grounds.powerless) as keeper:
                await keeper.change_password(LOGIN, Secret(NEW))
        assert grounds.lets_in(LOGIN, OLD)

    async def test_a_wrong_service_account_is_refused_in_clear_words(self, grounds: Grounds) -> None:
        wrong = replace(grounds.target, password=Secret("canary-words"), private_key=None)
        with pytest.raises(TargetRefused, match="does not let the service account") as caught:
            await grounds.open(wrong).__aenter__()
        assert "canary-words" not in str(caught.value)

    async def test_a_closed_port_is_unreachable_at_once(self, grounds: Grounds) -> None:
        started = time.monotonic()
        with pytest.raises(TargetUnreachable, match="can't reach"):
            await grounds.open(replace(grounds.target, port=1)).__aenter__()
        assert time.monotonic() - started < 3

    async def test_a_silent_port_is_unreachable(self, grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
        grounds.hurry(monkeypatch)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            target = replace(grounds.target, host="127.0.0.1", port=silent.getsockname()[1])
            with pytest.raises(TargetUnreachable, match="in time"):
                await grounds.open(target).__aenter__()

    async def test_a_target_that_freezes_is_unreachable(
        self, grounds: Grounds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with grounds.open() as keeper:
            assert await keeper.find(LOGIN) is not None
            grounds.hurry(monkeypatch)
            started = time.monotonic()
            grounds.freeze()
            try:
                with pytest.raises(TargetUnreachable, match="in time"):
                    await keeper.find(LOGIN)
                assert time.monotonic() - started < 3
            finally:
                grounds.thaw()

    async def test_a_change_that_is_cut_short_leaves_one_password_and_is_finished(self, grounds: Grounds) -> None:
        for number, delay_ms in enumerate(range(0, 40, 5)):
            before, after = (OLD, NEW) if number % 2 == 0 else (NEW, OLD)
            async with grounds.open() as keeper:
                working = asyncio.create_task(keeper.change_password(LOGIN, Secret(after)))
                await asyncio.wait({working}, timeout=delay_ms / 1000)
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            assert grounds.lets_in(LOGIN, before) or grounds.lets_in(LOGIN, after)
            async with grounds.open() as keeper:
                await keeper.change_password(LOGIN, Secret(after))
                assert await keeper.accepts_password(LOGIN, Secret(after))
            assert (grounds.lets_in(LOGIN, before), grounds.lets_in(LOGIN, after)) == (False, True)
        await self._back(grounds)

    async def _back(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            await keeper.change_password(LOGIN, Secret(OLD))

    async def test_hostile_passwords_are_only_passwords(self, grounds: Grounds) -> None:
        """SEC-18, SEC-19: what goes in is what lets in, to the letter."""
        async with grounds.open() as keeper:
            for password in HOSTILE_PASSWORDS:
                await keeper.change_password(LOGIN, Secret(password))
                assert grounds.lets_in(LOGIN, password), password
                assert await keeper.accepts_password(LOGIN, Secret(password)), password
                assert not await keeper.accepts_password(LOGIN, Secret(password[:-1] or "y")), password
            assert not await keeper.accepts_password(LOGIN, Secret(OLD))

    async def test_passwords_that_no_line_can_hold_are_refused(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            for password in REFUSED_PASSWORDS:
                with pytest.raises(TargetRefused) as caught:
                    await keeper.change_password(LOGIN, Secret(password))
                assert password.decode(errors="replace") not in str(caught.value) or not password
                with pytest.raises(TargetRefused):
                    await keeper.accepts_password(LOGIN, Secret(password))
        assert grounds.lets_in(LOGIN, OLD)

    async def test_hostile_names_are_only_names(self, grounds: Grounds) -> None:
        """SEC-19: found, verified, changed and disabled under exactly that name; the canary keeps its password."""
        async with grounds.open() as keeper:
            for name in grounds.names:
                grounds.make(name, OLD)
                try:
                    found = await keeper.find(name)
                    assert found is not None, name
                    assert found.login == name
                    await keeper.change_password(name, Secret(NEW))
                    assert grounds.lets_in(name, NEW), name
                    assert await keeper.accepts_password(name, Secret(NEW)), name
                    await keeper.set_enabled(name, False)
                    await keeper.set_enabled(name, True)
                    assert grounds.lets_in(name, NEW), name
                finally:
                    grounds.remove(name)
                assert await keeper.find(name) is None, name

    async def test_names_no_account_can_have_are_refused(self, grounds: Grounds) -> None:
        async with grounds.open() as keeper:
            for name in grounds.no_names:
                with pytest.raises(TargetRefused):
                    await keeper.change_password(name, Secret(NEW))
                with pytest.raises(TargetRefused):
                    await keeper.accepts_password(name, Secret(NEW))
                with pytest.raises(TargetRefused):
                    await keeper.set_enabled(name, False)
        assert grounds.lets_in(LOGIN, OLD)

    async def test_many_at_once_do_not_disturb_each_other(self, grounds: Grounds) -> None:
        names = [f"many{number}" for number in range(4)]
        for name in names:
            grounds.make(name, OLD)

        async def change(name: str) -> None:
            async with grounds.open() as keeper:
                await keeper.change_password(name, Secret(f"new {name}"))

        await asyncio.gather(*map(change, names))
        assert [grounds.lets_in(name, f"new {name}") for name in names] == [True] * 4
        for name in names:
            grounds.remove(name)


class DatabaseConformance(KeeperConformance):
    """What databases lack, and that they are who they say."""

    async def test_what_a_database_lacks_is_refused(self, grounds: Grounds) -> None:
        nothing = Dependant("file", {}, "00000000-0000-0000-0000-000000000000")
        async with grounds.open() as keeper:
            assert (keeper.host_key, keeper.host_key_thumbprint) == (None, None)
            for refused in (
                keeper.accepts_key(LOGIN, "ssh-ed25519 AAAA"),
                keeper.change_key(LOGIN, add="ssh-ed25519 AAAA", remove=None),
                keeper.holds(nothing, Secret(OLD)),
                keeper.update(nothing, old=Secret(OLD), new=Secret(NEW)),
            ):
                with pytest.raises(TargetRefused, match="is a database"):
                    await refused

    async def test_a_server_nobody_vouches_for_is_refused_unless_told_otherwise(
        self, grounds: Grounds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for target in (grounds.target, replace(grounds.target, trust_server_certificate=True)):
            async with grounds.open(target) as keeper:
                assert await keeper.accepts_password(LOGIN, Secret(OLD))
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(TargetRefused, match="certificate"):
            await grounds.open().__aenter__()

    async def test_the_certificate_must_be_for_that_name(self, grounds: Grounds) -> None:
        with pytest.raises(TargetRefused, match=r"certificate|match"):
            await grounds.open(replace(grounds.target, host="127.0.0.2")).__aenter__()

    async def test_a_target_may_do_without_encryption(self, grounds: Grounds) -> None:
        async with grounds.open(replace(grounds.target, encrypted=False)) as keeper:
            await keeper.change_password(LOGIN, Secret(NEW))
            assert await keeper.accepts_password(LOGIN, Secret(NEW))
