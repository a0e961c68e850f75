"""A shell that is root on the target, with a fixed script in it: orders go in, one answer each comes out."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar, Self

import asyncssh

from locum.connectors.base import FailureReason, Target, TargetBusy, TargetRefused, TargetUnreachable
from locum.connectors.ssh import one_line, open_connection
from locum.vault.secret import Secret

MOST_OUTPUT = 65536  # bytes; a sane target says a few lines, and a flood must not fill our memory (SEC-23)

_BEGUN = "locum: begun\n"
_STILL = "locum: still?\n"
_PROMPT = "locum: password? "
_ANSWERS = ("done\n", "done ", "refused ", "later ")

_Process = asyncssh.SSHClientProcess[str]


@dataclass(frozen=True, slots=True)
class Script:
    """Fixed text that reads orders of `words` lines each. `loader` is the command that takes it in."""

    text: str
    words: int
    loader: str

    @classmethod
    def read(cls, *names: str, words: int) -> Script:
        """The files beside this one, after the part that is common to all."""
        folder = resources.files(__package__)
        parts = [folder.joinpath(part).read_text(encoding="ascii") for part in ("linux_common.sh", *names)]
        text = "".join(parts).rstrip("\n")
        # It says that it has begun before it reads, so that nothing of the script is taken for a password, and it
        # runs the script only if all of it came. What the script then reads is not read ahead of it, as a script on
        # stdin would be. Errors are thrown away: nobody reads them, and unread they would stop the answers.
        loader = (
            f'echo "{_BEGUN.strip()}"; exec 2> /dev/null; script=$(head -c {len(text)});'
            f' [ ${{#script}} -eq {len(text)} ] && eval "$script"'
        )
        return cls(text, words, loader)


class RootShell:
    """One is opened per connection: signing in to root costs more than most steps."""

    def __init__(self, process: _Process, words: int) -> None:
        self._process = process
        self._words = words

    @classmethod
    async def open(cls, connection: asyncssh.SSHClientConnection, target: Target, script: Script) -> RootShell:
        """Become root. Raises TargetRefused when the service account may not, asyncssh.Error and OSError."""
        shell = shlex.join(["/bin/sh", "-c", script.loader])
        if target.elevation != "sudo":
            prefix = f"{shlex.quote(target.elevation)} " if target.elevation else ""
            process, errors = await _begin(connection, f"{prefix}{shell}", script, None)
        else:
            process, errors = await _begin(connection, f"sudo -n -- {shell}", script, None)
            if process is None and target.password is not None:
                asking = f"sudo -k -S -p {shlex.quote(_PROMPT)} -- {shell}"
                process, errors = await _begin(connection, asking, script, target.password)
        if process is None:
            may_not = f"the service account {target.username} may not use {target.elevation or '/bin/sh'}"
            raise TargetRefused(f"{may_not} on {target.host}:{target.port}: {errors}")
        return cls(process, script.words)

    @property
    def alive(self) -> bool:
        """False once it was heard that the shell has ended."""
        return not self._process.is_closing() and self._process.returncode is None

    async def ask(self, order: list[str]) -> str:
        """Send one order; its answer, "done", "done WHAT", "refused WHY" or "later WHY". No word may hold a line
        break.

        Raises TargetUnreachable, asyncssh.Error and OSError; the shell is of no use after any of them.
        """
        _write(self._process, "".join(f"{word}\n" for word in order + [""] * (self._words - len(order))))
        heard = 0
        while heard < MOST_OUTPUT:
            line = await self._process.stdout.readline()
            if not line.endswith("\n"):
                break
            heard += len(line)
            if line == _STILL:
                _write(self._process, "yes\n")
            elif line.startswith("locum: ") and line.removeprefix("locum: ").startswith(_ANSWERS):
                return line.removeprefix("locum: ").removesuffix("\n")
        else:
            raise TargetUnreachable("the target says far more than it was asked")
        raise TargetUnreachable("the target ended the shell early")


class LinuxHost:
    """An open SSH connection of the service account, on which one script takes orders. Make one with `connect`."""

    script: ClassVar[Script]

    def __init__(self, connection: asyncssh.SSHClientConnection, target: Target, host_key: str) -> None:
        self._connection = connection
        self._target = target
        self._where = f"{target.host}:{target.port}"
        self._shell: RootShell | None = None
        self.host_key = host_key
        self.host_key_thumbprint = asyncssh.import_public_key(host_key).get_fingerprint()

    @classmethod
    @asynccontextmanager
    async def connect(cls, target: Target) -> AsyncIterator[Self]:
        """Sign in to the target as its service account. Raises TargetRefused and TargetUnreachable."""
        host = await cls.open(target)
        try:
            yield host
        finally:
            host.abort()
            await host.wait_closed()

    @classmethod
    async def open(cls, target: Target) -> Self:
        """`connect` for whoever calls `abort` in the end."""
        connection, host_key = await open_connection(target)
        return cls(connection, target, host_key)

    def abort(self) -> None:
        """Close the connection without the goodbye, which a hostile or frozen target never says."""
        self._connection.abort()

    async def wait_closed(self) -> None:
        """Until nothing of an aborted connection is left."""
        await self._connection.wait_closed()

    @property
    def usable(self) -> bool:
        """Whether, by all that was heard, the connection and its shell are alive."""
        return not self._connection.is_closed() and (self._shell is None or self._shell.alive)

    async def order(self, what: str, words: list[str], seconds: float) -> str:
        """What the host found. `what` names the order in the words of a failure."""
        try:
            async with asyncio.timeout(seconds):
                answer = await self._answer(words)
        except TimeoutError:
            raise TargetUnreachable(f"{self._where} did not finish {what} in time") from None
        except (asyncssh.Error, OSError):
            raise TargetUnreachable(f"{self._where} broke the connection during {what}") from None
        verdict, _, said = answer.partition(" ")
        if verdict == "refused":
            number, said = _reason(said)
            said, _, output = said.partition(" | ")
            raise TargetRefused(f"{self._where}: {one_line(said)}", reason=number, output=output)
        if verdict != "done":
            raise TargetBusy(f"{self._where}: {what}: {one_line(said)}")
        return said

    async def _answer(self, words: list[str]) -> str:
        shell = self._shell or await RootShell.open(self._connection, self._target, self.script)
        # One shell serves all orders of a connection, but not after one that was cut short.
        self._shell = None
        answer = await shell.ask(words)
        self._shell = shell
        return answer


def _reason(said: str) -> tuple[FailureReason, str]:
    """ "[8] there is no group x" names its reason."""
    if found := re.match(r"\[(\d{1,2})\] ", said):
        with suppress(ValueError):
            return FailureReason(int(found[1])), said[found.end() :]
    return FailureReason.SYSTEM_ERROR, said


async def _begin(
    connection: asyncssh.SSHClientConnection, command: str, script: Script, password: Secret | None
) -> tuple[_Process | None, str]:
    """Start the command, see it begin and give it the script; None and the reason if it does not begin."""
    process = await connection.create_process(command, encoding="utf-8", errors="replace", window=MOST_OUTPUT)
    begun = asyncio.ensure_future(process.stdout.readuntil(_BEGUN))
    try:
        if password is None:
            # Without waiting: a host that hears nothing holds its next words back for 40 ms (Nagle, delayed ACK).
            _write(process, script.text)
        else:
            await _give(process, password, begun)
        await begun
        if password is not None:
            _write(process, script.text)
    except asyncio.IncompleteReadError as error:
        if len(error.partial) >= MOST_OUTPUT:
            raise TargetUnreachable("the target says far more than it was asked") from None
    else:
        return process, ""
    finally:
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
    with suppress(BrokenPipeError):
        process.stdin.write_eof()
    said = ""
    while len(said) < MOST_OUTPUT and (more := await process.stderr.read(MOST_OUTPUT)):
        said += more
    process.close()
    return None, one_line(said.replace(_PROMPT, "").strip().rpartition("\n")[2])


async def _give(process: _Process, password: Secret, begun: asyncio.Future[str]) -> None:
    """Answer sudo's prompt. A second one means that the password is wrong: it is not given again, for accounts lock
    after a few. Raises IncompleteReadError when sudo says no."""
    for attempt in (1, 2):
        asked = asyncio.ensure_future(process.stderr.readuntil(_PROMPT))
        try:
            await asyncio.wait({begun, asked}, return_when=asyncio.FIRST_COMPLETED)
            if begun.done():
                return
            await asked
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
        if attempt == 2:
            raise asyncio.IncompleteReadError(b"", None)
        process.stdin.write(password.reveal_text() + "\n")


def _write(process: _Process, text: str) -> None:
    """A command that has ended takes nothing more; what it said then tells why."""
    with suppress(BrokenPipeError):
        process.stdin.write(text)
