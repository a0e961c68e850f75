"""Linux over SSH: ephemeral accounts, their key, sudo rules and group memberships.

The service account needs to become root: it is root, or its sudo rule is `locum ALL=(root) NOPASSWD: /bin/sh` (or
the same without NOPASSWD and its password is known), or another elevation command lets it run `COMMAND /bin/sh`.
Such an account is as powerful as root. The host needs shadow-utils, util-linux, coreutils, findutils, grep and awk.

Everything done on a host is in linux.sh. That text is fixed and goes over stdin; values travel as quoted arguments
and are never part of it (SEC-18).

What `revert` of an account ends and removes: see opened_processes and remove_files in linux.sh. What it can't know:
somebody with a sudo rule for everything was root, and root may have left things that no longer carry that person's
name: other accounts, root's cron jobs, system services, containers, changed files, or a root process that shed its
sudo variables on a kernel that keeps no audit login uid. Files of the account outside its home and the temporary
folders stay, owned by a uid that is not given to the next account.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources

import asyncssh

from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.vault.secret import Secret

CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 30.0
HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
MOST_OUTPUT = 65536  # characters of either stream; a script says a few lines

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
MARKER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY_LINE = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [A-Za-z0-9:_.@-]+)?")
# No wildcards, quotes, negation or comments: sudo gives each of them a meaning that is easy to get wrong.
COMMAND = re.compile(r"/[A-Za-z0-9_./+@%-]+( [A-Za-z0-9_./+@%:=-]+)*")

_SCRIPT = resources.files(__package__).joinpath("linux.sh").read_text(encoding="utf-8")
_BEGUN = "locum: begun"
_PROMPT = "locum: password? "
_Process = asyncssh.SSHClientProcess[str]


class LinuxConnector:
    """An open SSH connection of the service account. Make one with `connect`."""

    def __init__(self, connection: asyncssh.SSHClientConnection, target: Target, host_key: str) -> None:
        self._connection = connection
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self._asks_password = False
        self.host_key = host_key
        self.host_key_thumbprint = asyncssh.import_public_key(host_key).get_fingerprint()

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[LinuxConnector]:
        """Sign in to the target as its service account; its host key must be the pinned one (RES-11)."""
        client = _Client(target)
        connection = await _open(target, client)
        try:
            yield cls(connection, target, client.seen)
        finally:
            # Not close(): that waits for a goodbye which a hostile or frozen target never says.
            connection.abort()
            await connection.wait_closed()

    async def apply(self, step: Step) -> None:
        """Make sure that the change is there.

        Kinds and parameters: account (login), authorized_key (login, public_key), sudoers (login, run_as, commands,
        nopasswd), group (login, group). All but the first only touch an account of the same session.
        """
        await self._run("apply", step)

    async def revert(self, step: Step) -> None:
        """Make sure that the change is gone, with the processes, connections and files it had opened."""
        await self._run("revert", step)

    async def _run(self, direction: str, step: Step) -> None:
        arguments = [f"{direction}_{step.kind}", step.marker, *_values(step)]
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                answer = await self._answer(arguments)
        except TimeoutError:
            raise TargetUnreachable(f"{self._where} did not finish {step.kind} in time") from None
        except (asyncssh.Error, OSError):
            raise TargetUnreachable(f"{self._where} broke the connection during {step.kind}") from None
        verdict, _, why = answer.removeprefix("locum: ").partition(" ")
        if verdict == "refused":
            raise TargetRefused(f"{self._where}: {why}")
        if verdict != "done":
            raise TargetUnreachable(f"{self._where}: {step.kind}: {why or 'the script ended early'}")

    async def _answer(self, arguments: list[str]) -> str:
        """What the script said last, run as root."""
        shell = shlex.join(["/bin/sh", "-s", "--", *arguments])
        if self._target.elevation == "sudo":
            return await self._sudo(shell, arguments)
        prefix = f"{shlex.quote(self._target.elevation)} " if self._target.elevation else ""
        said, errors = await self._send(f"{prefix}{shell}", None)
        if _BEGUN not in said:
            raise self._no_root(errors)
        return said[-1]

    async def _sudo(self, shell: str, arguments: list[str]) -> str:
        """Without a password where sudo wants none; the password is only sent to sudo's own prompt."""
        if not self._asks_password:
            said, errors = await self._send(f"sudo -n -- {shell}", None)
            if _BEGUN in said:
                return said[-1]
            if self._target.password is None:
                raise self._no_root(errors)
            self._asks_password = True
        # This shell says that it has begun before it reads, so that no line of the script is taken for a password.
        inner = shlex.join(["/bin/sh", "-c", f'echo "{_BEGUN}"; exec /bin/sh -s -- "$@"', "sh", *arguments])
        said, errors = await self._send(f"sudo -k -S -p {shlex.quote(_PROMPT)} -- {inner}", self._target.password)
        if not said:
            raise self._no_root(errors)
        return said[-1]

    def _no_root(self, errors: str) -> TargetRefused:
        said = _one_line(errors.replace(_PROMPT, "").strip().rpartition("\n")[2])
        account = f"the service account {self._target.username}"
        return TargetRefused(
            f"{account} may not use {self._target.elevation or '/bin/sh'} on {self._where}: {said}"
        )

    async def _send(self, command: str, password: Secret | None) -> tuple[list[str], str]:
        """Run a command with the script as its input; the lines "locum: …" it printed, and its errors."""
        process = await self._connection.create_process(command, encoding="utf-8", errors="replace")
        try:
            if password is not None and not await _give_password(process, password):
                return [], "the password is not accepted"
            # A command that ended already is told apart by what it said, below.
            with suppress(BrokenPipeError):
                process.stdin.write(_SCRIPT)
                process.stdin.write_eof()
            output, errors = await asyncio.gather(_all_of(process.stdout), _all_of(process.stderr))
            await process.wait_closed()
        finally:
            process.close()
        if process.exit_status is None:
            raise TargetUnreachable(f"{self._where} ended the command early")
        said = [_one_line(line) for line in output.splitlines() if line.startswith("locum: ")]
        return ([_BEGUN] if password is not None else []) + said, errors


async def _give_password(process: _Process, password: Secret) -> bool:
    """Answer sudo's prompt until the command has begun; False when the password is wrong or sudo says no."""
    begun = asyncio.ensure_future(process.stdout.readline())
    try:
        for attempt in (1, 2):
            asked = asyncio.ensure_future(process.stderr.readuntil(_PROMPT))
            try:
                await asyncio.wait({begun, asked}, return_when=asyncio.FIRST_COMPLETED)
                if begun.done():
                    return begun.result().strip() == _BEGUN
                await asked
            except asyncio.IncompleteReadError:
                return False
            finally:
                asked.cancel()
            if attempt == 1:
                process.stdin.write(password.reveal_text() + "\n")
        return False
    finally:
        begun.cancel()


async def _all_of(stream: asyncssh.SSHReader[str]) -> str:
    """The whole stream, as far as a sane target goes: a flood must not fill our memory (SEC-23)."""
    text = ""
    while len(text) <= MOST_OUTPUT:
        more = await stream.read(MOST_OUTPUT)
        if not more:
            return text
        text += more
    raise TargetUnreachable("the target says far more than it was asked")


class _Client(asyncssh.SSHClient):
    """Checks the host key against the pinned one; takes the first one where nothing is pinned and it may."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.seen = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = " ".join(key.export_public_key().decode().split()[:2])
        if self._target.trusted_host_key is None:
            return self._target.accept_first
        return self.seen == self._target.trusted_host_key


async def _open(target: Target, client: _Client) -> asyncssh.SSHClientConnection:
    where = f"{target.host}:{target.port}"
    try:
        return await asyncssh.connect(
            target.host,
            target.port,
            client_factory=lambda: client,
            # Empty, not None: None would switch the check of the host key off.
            known_hosts=([], [], []),
            username=target.username,
            password=target.password.reveal_text() if target.password else None,
            client_keys=[asyncssh.import_private_key(target.private_key.reveal())] if target.private_key else None,
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
    except asyncssh.KeyImportError:
        raise TargetRefused(f"the private key of the service account {target.username} can't be read") from None
    except asyncssh.KeyExchangeFailed as error:
        raise TargetRefused(f"no way to speak to {where}: {_reason(error)}") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise TargetUnreachable(f"can't reach {where}: {_reason(error)}") from None


def _key_algorithms(target: Target) -> list[str]:
    """The pinned key's own kind first, so that a host with several keys shows the one we know."""
    known = target.trusted_host_key.split(" ", 1)[0] if target.trusted_host_key else HOST_KEY_ALGORITHMS[0]
    kind = "rsa-sha2" if known == "ssh-rsa" else known
    return sorted(HOST_KEY_ALGORITHMS, key=lambda algorithm: not algorithm.startswith(kind))


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncssh.Error):
        return _one_line(error.reason)
    return _one_line(getattr(error, "strerror", None) or type(error).__name__)


def _one_line(text: str) -> str:
    """A target's words, made harmless for a log and a terminal (SEC-22)."""
    return "".join(c if c.isprintable() else " " for c in text[:300]).strip()


def _values(step: Step) -> list[str]:
    """The step's arguments in the order linux.sh takes them; TargetRefused for one that is not safe there."""
    given = step.parameters
    login = given.get("login", "")
    if not MARKER.fullmatch(step.marker):
        raise TargetRefused("the session's id is malformed")
    if not LOGIN.fullmatch(login):
        raise TargetRefused("the login name is not one Locum would make")
    match step.kind:
        case "account":
            return [login]
        case "authorized_key":
            if not KEY_LINE.fullmatch(given.get("public_key", "")):
                raise TargetRefused("the public key is malformed")
            return [login, given["public_key"]]
        case "sudoers":
            return [login, _sudo_rule(login, given)]
        case "group":
            if not GROUP.fullmatch(given.get("group", "")):
                raise TargetRefused("the group name is malformed")
            return [login, given["group"]]
    raise TargetRefused("Linux knows no step of that kind")


def _sudo_rule(login: str, given: dict[str, str]) -> str:
    run_as, commands = given.get("run_as", "ALL"), given.get("commands", "ALL")
    if run_as != "ALL" and not LOGIN.fullmatch(run_as):
        raise TargetRefused("the account to run as is malformed")
    if commands != "ALL":
        each = [command.strip() for command in commands.split(",")]
        if not all(COMMAND.fullmatch(command) for command in each):
            raise TargetRefused("sudo commands must be ALL or absolute paths with plain arguments")
        commands = ", ".join(re.sub(r"([:=])", r"\\\1", command) for command in each)
    who = "(ALL:ALL)" if run_as == "ALL" else f"({run_as})"
    free = "NOPASSWD: " if given.get("nopasswd") == "true" else ""
    return f"{login} ALL={who} {free}{commands}"
