"""A shell that is root on the target, with linux.sh in it: orders go in, one answer each comes out."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import suppress
from importlib import resources

import asyncssh

from locum.connectors.base import Target, TargetRefused, TargetUnreachable
from locum.connectors.ssh import one_line
from locum.vault.secret import Secret

MOST_OUTPUT = 65536  # bytes; a sane target says a few lines, and a flood must not fill our memory (SEC-23)

_SCRIPT = resources.files(__package__).joinpath("linux.sh").read_text(encoding="ascii").rstrip("\n")
_BEGUN = "locum: begun\n"
_STILL = "locum: still?\n"
_PROMPT = "locum: password? "
# It says that it has begun before it reads, so that nothing of the script is taken for a password, and it runs the
# script only if all of it came. What the script then reads is not read ahead of it, as a script on stdin would be.
# Errors are thrown away: nobody reads them, and unread they would stop the answers.
_LOADER = (
    f'echo "{_BEGUN.strip()}"; exec 2> /dev/null; script=$(head -c {len(_SCRIPT)});'
    f' [ ${{#script}} -eq {len(_SCRIPT)} ] && eval "$script"'
)
_ANSWERS = ("done\n", "refused ", "later ")

_Process = asyncssh.SSHClientProcess[str]


class RootShell:
    """One is opened per connection: signing in to root costs more than most steps."""

    def __init__(self, process: _Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, connection: asyncssh.SSHClientConnection, target: Target) -> RootShell:
        """Become root. Raises TargetRefused when the service account may not, asyncssh.Error and OSError."""
        shell = shlex.join(["/bin/sh", "-c", _LOADER])
        if target.elevation != "sudo":
            prefix = f"{shlex.quote(target.elevation)} " if target.elevation else ""
            process, errors = await _begin(connection, f"{prefix}{shell}", None)
        else:
            process, errors = await _begin(connection, f"sudo -n -- {shell}", None)
            if process is None and target.password is not None:
                asking = f"sudo -k -S -p {shlex.quote(_PROMPT)} -- {shell}"
                process, errors = await _begin(connection, asking, target.password)
        if process is None:
            may_not = f"the service account {target.username} may not use {target.elevation or '/bin/sh'}"
            raise TargetRefused(f"{may_not} on {target.host}:{target.port}: {errors}")
        return cls(process)

    async def ask(self, order: list[str]) -> str:
        """Send one order; its answer, "done", "refused WHY" or "later WHY". No word may hold a line break.

        Raises TargetUnreachable, asyncssh.Error and OSError; the shell is of no use after any of them.
        """
        _write(self._process, "".join(f"{word}\n" for word in [*order, "", ""][:4]))
        heard = 0
        while heard < MOST_OUTPUT:
            line = await self._process.stdout.readline()
            if not line.endswith("\n"):
                break
            heard += len(line)
            if line == _STILL:
                _write(self._process, "yes\n")
            elif line.startswith("locum: ") and line.removeprefix("locum: ").startswith(_ANSWERS):
                return one_line(line.removeprefix("locum: "))
        else:
            raise TargetUnreachable("the target says far more than it was asked")
        raise TargetUnreachable("the target ended the shell early")


async def _begin(
    connection: asyncssh.SSHClientConnection, command: str, password: Secret | None
) -> tuple[_Process | None, str]:
    """Start the command, see it begin and give it the script; None and the reason if it does not begin."""
    process = await connection.create_process(command, encoding="utf-8", errors="replace", window=MOST_OUTPUT)
    begun = asyncio.ensure_future(process.stdout.readuntil(_BEGUN))
    try:
        if password is None:
            # Without waiting: a host that hears nothing holds its next words back for 40 ms (Nagle, delayed ACK).
            _write(process, _SCRIPT)
        else:
            await _give(process, password, begun)
        await begun
        if password is not None:
            _write(process, _SCRIPT)
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
