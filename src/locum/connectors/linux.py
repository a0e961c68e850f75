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
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources

import asyncssh

from locum.connectors.base import Step, Target, TargetRefused, TargetUnreachable
from locum.connectors.linux_steps import values
from locum.connectors.ssh import one_line, open_connection
from locum.vault.secret import Secret

COMMAND_TIMEOUT_S = 30.0
MOST_OUTPUT = 65536  # characters of either stream; a script says a few lines

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
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        connection, host_key = await open_connection(target)
        try:
            yield cls(connection, target, host_key)
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
        arguments = [f"{direction}_{step.kind}", step.marker, *values(step)]
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
        said = one_line(errors.replace(_PROMPT, "").strip().rpartition("\n")[2])
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
        said = [one_line(line) for line in output.splitlines() if line.startswith("locum: ")]
        return ([_BEGUN] if password is not None else []) + said, errors


async def _give_password(process: _Process, password: Secret) -> bool:
    """Answer sudo's prompt until the command has begun; False when the password is wrong or sudo says no."""
    begun = asyncio.ensure_future(process.stdout.readuntil(f"{_BEGUN}\n"))
    prompts = [asyncio.ensure_future(process.stderr.readuntil(_PROMPT))]
    try:
        await asyncio.wait({begun, *prompts}, return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            await prompts[0]
            process.stdin.write(password.reveal_text() + "\n")
            prompts.append(asyncio.ensure_future(process.stderr.readuntil(_PROMPT)))
            await asyncio.wait({begun, prompts[1]}, return_when=asyncio.FIRST_COMPLETED)
        # A second prompt means that the password is wrong. It is not given again: accounts lock after a few.
        return begun.done() and begun.exception() is None
    except asyncio.IncompleteReadError:
        return False
    finally:
        for reading in (begun, *prompts):
            reading.cancel()
        await asyncio.gather(begun, *prompts, return_exceptions=True)


async def _all_of(stream: asyncssh.SSHReader[str]) -> str:
    """The whole stream, as far as a sane target goes: a flood must not fill our memory (SEC-23)."""
    text = ""
    while len(text) <= MOST_OUTPUT:
        more = await stream.read(MOST_OUTPUT)
        if not more:
            return text
        text += more
    raise TargetUnreachable("the target says far more than it was asked")
