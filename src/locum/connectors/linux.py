"""Linux over SSH: ephemeral accounts, their key, sudo rules and group memberships.

The service account needs to become root without a prompt: it is root, or `sudo -n /bin/sh` works for it, or
`sudo -S` with its password (any other elevation command is called as `COMMAND /bin/sh`). Scripts are fixed texts
sent over stdin; values travel as quoted positional arguments and are never part of a script (SEC-18).
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from locum.connectors import linux_scripts as scripts
from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable

CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 60.0

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
MARKER = re.compile(r"[0-9a-f-]{36}")
_COMMANDS = re.compile(r"ALL|/[^\x00-\x1f\x7f,:=\\]+(, ?/[^\x00-\x1f\x7f,:=\\]+)*")
_KEY_LINE = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [A-Za-z0-9:_.@-]+)?")

# Exit statuses of the scripts that mean "no, and trying again will not help".
_REFUSED = {
    64: "the account {login} exists and is not this session's",
    65: "sudo's own check (visudo) refused the rule",
    66: "there is no group {group}",
    67: "the account {login} does not exist",
    68: "the home directory of {login} exists and is not this session's",
}


class LinuxConnector:
    """An open SSH connection of the service account. Make one with `connect`."""

    def __init__(self, connection: asyncssh.SSHClientConnection, target: Target, host_key: str) -> None:
        self._connection = connection
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self.host_key = host_key
        self.host_key_thumbprint = asyncssh.import_public_key(host_key).get_fingerprint()
        self._with_password = False

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[LinuxConnector]:
        """Sign in to the target as its service account; its host key must be the pinned one (RES-11)."""
        client = _Client(target)
        connection = await _open(target, client)
        try:
            yield cls(connection, target, client.seen)
        finally:
            connection.abort()

    async def apply(self, step: Step) -> None:
        """Make sure that the change is there. Kinds: account, authorized_key, sudoers, group."""
        script, arguments = _checked(step)
        await self._run(scripts.APPLY[script], [step.marker, *arguments], step)

    async def revert(self, step: Step) -> None:
        """Make sure that the change is gone, with every process and file that the account had left."""
        script, arguments = _checked(step)
        await self._run(scripts.REVERT[script], [step.marker, *arguments], step)

    async def _run(self, script: str, arguments: list[str], step: Step) -> None:
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                status, errors = await self._elevated(script, arguments)
        except TimeoutError:
            raise TargetUnreachable(f"{self._where} did not finish {step.kind} in time") from None
        except (asyncssh.Error, OSError):
            raise TargetUnreachable(f"{self._where} broke the connection during {step.kind}") from None
        if status == 0:
            return
        if status in _REFUSED:
            words = _REFUSED[status].format_map(_Shown(step.parameters))
            raise TargetRefused(f"{self._where}: {words}")
        raise TargetUnreachable(f"{self._where}: {step.kind} failed with status {status}: {_one_line(errors)}")

    async def _elevated(self, script: str, arguments: list[str]) -> tuple[int, str]:
        """Run a script as root. The script ends its input with a line that a password prompt can't swallow."""
        shell = shlex.join(["/bin/sh", "-s", "--", *arguments])
        elevation = self._target.elevation
        if elevation is None:
            return await self._send(shell, script)
        if elevation != "sudo":
            return await self._send(f"{shlex.quote(elevation)} {shell}", script)
        if not self._with_password:
            status, errors = await self._send(f"sudo -n -- {shell}", script)
            if status != 1 or "sudo:" not in errors:
                return status, errors
            if self._target.password is None:
                raise TargetRefused(
                    f"the service account {self._target.username} may not use sudo on {self._where}"
                )
            self._with_password = True
        word = self._target.password.reveal_text() if self._target.password else ""
        status, errors = await self._send(f"sudo -S -p '' -- {shell}", f"{word}\n{script}")
        if status == 1 and "sudo:" in errors:
            raise TargetRefused(f"the service account {self._target.username} may not use sudo on {self._where}")
        return status, errors

    async def _send(self, command: str, text: str) -> tuple[int, str]:
        done = await self._connection.run(command, input=text, encoding="utf-8", errors="replace")
        status = 255 if done.exit_status is None else done.exit_status
        return status, str(done.stderr or "")


class _Client(asyncssh.SSHClient):
    """Checks the host key against the pinned one; takes the first one where nothing is pinned and that is allowed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.seen = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = " ".join(key.export_public_key().decode().split()[:2])
        if self._target.trusted_host_key is None:
            return self._target.accept_first
        return self.seen == self._target.trusted_host_key


class _Shown(dict[str, str]):
    """Step parameters as an error message shows them; one that is absent shows as its name."""

    def __missing__(self, key: str) -> str:
        return key


async def _open(target: Target, client: _Client) -> asyncssh.SSHClientConnection:
    where = f"{target.host}:{target.port}"
    keys = [asyncssh.import_private_key(target.private_key.reveal())] if target.private_key else []
    try:
        return await asyncssh.connect(
            target.host,
            target.port,
            client_factory=lambda: client,
            # Empty, not None: None would switch the check of the host key off.
            known_hosts=([], [], []),
            username=target.username,
            password=target.password.reveal_text() if target.password else None,
            client_keys=keys or None,
            config=None,
            agent_path=None,
            server_host_key_algs=_key_algorithms(target),
            connect_timeout=CONNECT_TIMEOUT_S,
            login_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=10,
            keepalive_count_max=3,
            encryption_algs=["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr"],
            compression_algs=None,
        )
    except asyncssh.HostKeyNotVerifiable:
        if target.trusted_host_key is None:
            raise TargetRefused(f"the host key of {where} is not trusted yet") from None
        raise TargetRefused(f"the host key of {where} is not the pinned one") from None
    except asyncssh.PermissionDenied:
        raise TargetRefused(f"{where} does not let the service account {target.username} in") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise TargetUnreachable(f"can't reach {where}: {_reason(error)}") from None


def _key_algorithms(target: Target) -> list[str] | tuple[()]:
    """Ask for the pinned key's own kind, so that a host with several keys shows the one we know."""
    if target.trusted_host_key is None:
        return ()
    kind = target.trusted_host_key.split(" ", 1)[0]
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncssh.Error):
        return _one_line(error.reason)
    return _one_line(getattr(error, "strerror", None) or type(error).__name__)


def _one_line(text: str) -> str:
    """A target's words, made harmless for a log and a terminal (SEC-22)."""
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()


def _checked(step: Step) -> tuple[str, list[str]]:
    """The step's arguments in the order its scripts take them; TargetRefused for a value that is not safe there."""
    given = step.parameters
    login = given.get("login", "")
    if not MARKER.fullmatch(step.marker) or not LOGIN.fullmatch(login):
        raise TargetRefused("the login name is not one Locum would make")
    match step.kind:
        case "account":
            return step.kind, [login]
        case "authorized_key":
            if not _KEY_LINE.fullmatch(given.get("public_key", "")):
                raise TargetRefused("the public key is malformed")
            return step.kind, [login, given["public_key"]]
        case "sudoers":
            return step.kind, [login, _sudo_rule(login, given)]
        case "group":
            if not GROUP.fullmatch(given.get("group", "")):
                raise TargetRefused("the group name is malformed")
            return step.kind, [login, given["group"]]
    raise TargetRefused(f"Linux knows no step {step.kind}")


def _sudo_rule(login: str, given: dict[str, str]) -> str:
    run_as, commands = given.get("run_as", "ALL"), given.get("commands", "ALL")
    if run_as != "ALL" and not LOGIN.fullmatch(run_as):
        raise TargetRefused("the account to run as is malformed")
    if not _COMMANDS.fullmatch(commands):
        raise TargetRefused("sudo commands must be ALL or absolute paths")
    who = f"({run_as}:ALL)" if run_as == "ALL" else f"({run_as})"
    free = "NOPASSWD: " if given.get("nopasswd") == "true" else ""
    return f"{login} ALL={who} {free}{commands}"
