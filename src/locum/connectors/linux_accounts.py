"""The accounts of a Linux host: their passwords, SSH keys and files that hold a copy of them.

Everything done on a host is in linux_accounts.sh, which reads values line by line, as data. The service account needs
what linux.py says.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

from locum.connectors.base import Account, Dependant, Privilege, TargetRefused, TargetUnreachable
from locum.connectors.linux_files import SecretFile, count, replaced, secret_file
from locum.connectors.linux_shell import LinuxHost, Script
from locum.connectors.ssh import SignInRefused, open_connection, takes_passwords
from locum.connectors.values import has_controls, password_text
from locum.vault.secret import Secret

COMMAND_TIMEOUT_S = 40.0
RESTART_TIMEOUT_S = 90.0
LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}")
_PRIVILEGES = {"root": Privilege.ADMINISTRATOR, "sudo": Privilege.SUPER_USER}


class LinuxKeeper(LinuxHost):
    """An open SSH connection of the service account. Make one with `connect`."""

    script = Script.read("linux_accounts.sh", words=7)

    async def find(self, login: str) -> Account | None:
        """Disabled is an account that has expired or whose password was locked by hand."""
        found = await self._order("find", login)
        if not found:
            return None
        try:
            enabled, uid, gid, rights, home, shell = found.split(":", 5)
            privilege = _PRIVILEGES.get(rights, Privilege.LINUX_USER)
            return Account(login, enabled == "yes", int(uid), int(gid), home, shell, privilege)
        except ValueError:
            raise TargetUnreachable(f"{self._where} tells nonsense about {login}") from None

    async def accepts_password(self, login: str, password: Secret) -> bool:
        """By PAM's own helper, which looks into the shadow file; where it is missing or the account is kept elsewhere,
        by signing in."""
        answer = await self._order("accepts_password", login, password_text(password))
        return await self._signs_in(login, password) if answer == "unknown" else answer == "yes"

    async def _signs_in(self, login: str, password: Secret) -> bool:
        target = replace(
            self._target,
            username=login,
            password=password,
            private_key=None,
            trusted_host_key=self.host_key,
            accept_first=False,
            accept_any=False,
        )
        if not await takes_passwords(target):
            raise TargetRefused(f"{self._where} has no unix_chkpwd and takes no passwords: no way to try one")
        try:
            connection, _ = await open_connection(target)
        except SignInRefused:
            return False
        connection.abort()
        return True

    async def change_password(self, login: str, password: Secret) -> None:
        """By chpasswd, so as the host's PAM wants it. Refused for a password that was locked by hand: a new one would
        unlock it."""
        await self._order("change_password", login, password_text(password))

    async def accepts_key(self, login: str, public_key: str) -> bool:
        """Whether it is in ~/.ssh/authorized_keys."""
        return await self._order("accepts_key", login, _key(public_key)) == "yes"

    async def change_key(self, login: str, *, add: str, remove: str | None) -> None:
        """The new key takes the old one's place, with its options; one that takes nobody's place has none."""
        await self._order("change_key", login, _key(add), _key(remove) if remove else "")

    async def set_enabled(self, login: str, enabled: bool) -> None:
        """By the account's day of expiry, which keeps passwords and keys out alike. What is signed in goes on."""
        if not enabled and login == self._target.username:
            raise TargetRefused(f"{login} is Locum's own way to {self._where}")
        await self._order("enable" if enabled else "disable", login)

    async def holds(self, dependant: Dependant, secret: Secret) -> bool:
        """Whether the secret stands in the file, once. What uses the file is not looked at."""
        file = secret_file(dependant)
        return count(file, await self._read(file), secret) == 1

    async def update(self, dependant: Dependant, *, old: Secret, new: Secret) -> None:
        """Replaces the file as a whole, with the owner, mode and attributes that it had."""
        file = secret_file(dependant)
        content = await self._read(file)
        wanted = replaced(file, content, old=old, new=new)
        if wanted != content:
            text = base64.b64encode(wanted).decode()
            await self._order("write_file", "", file.path, _digest(content), text, _digest(wanted), file.marker)
        if file.unit:
            await self.order("restart", ["restart", "", file.unit], RESTART_TIMEOUT_S)
        if count(file, await self._read(file), new) != 1:
            raise TargetRefused(f"{self._where}: {file.path} does not keep the new secret")

    async def _read(self, file: SecretFile) -> bytes:
        text = await self._order("read_file", "", file.path)
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise TargetUnreachable(f"{self._where} sends nonsense in place of {file.path}") from None

    async def _order(self, verb: str, login: str, *values: str) -> str:
        if login and not LOGIN.fullmatch(login):
            raise TargetRefused("the login is not one a Linux host would have")
        return await self.order(verb.replace("_", " "), [verb, login, *values], COMMAND_TIMEOUT_S)


def _key(line: str) -> str:
    """Type and base64 of a public key, without its comment."""
    key = " ".join(line.split(" ", 2)[:2])
    if not _KEY.fullmatch(key) or has_controls(line):
        raise TargetRefused("the public key is malformed")
    return key


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
