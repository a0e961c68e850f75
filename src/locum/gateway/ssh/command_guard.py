"""Holds the commands of one channel against the restrictions of its connection profile (PRX-10).

On a terminal, keys pass at once and Enter only when the line is none that must not run. Without one, a shell's input
passes line by line. This is a guard rail and no wall: docs/ssh.md says how it is walked around.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from locum.activities.command_rules import CommandAction, CommandHit, Restriction, hits
from locum.gateway.ssh.command_line import ENTER, CommandLine
from locum.gateway.ssh.commands import is_shell

HOLD_S = 0.4
"""So long Enter waits at most for what a key such as Tab brings into the line, and what is typed for a dropped line."""

QUIET_S = 0.05
"""What it brings has come when the target was silent for so long."""

INTERRUPT = b"\x03"  # Ctrl+C: it drops the line of a shell, of a plain terminal and of most that edit lines
LONGEST_LINE = 64 * 1024

Report = Callable[[Sequence[CommandHit]], None]


class Input(Protocol):
    """What a guarded channel does with what the person sends."""

    def press(self, data: bytes) -> None:
        """Record it and pass it on."""

    def refuse(self, key: bytes, reason: str) -> None:
        """Record the key, don't pass it on, and tell the person."""

    def interrupt(self) -> None:
        """Pass INTERRUPT on."""

    def finish(self, reason: str) -> None:
        """End the channel and tell the person."""


class Guard(Protocol):
    """Between what the person sends and the target."""

    def type(self, data: bytes, *, hidden: bool) -> None:
        """The person sent this; `hidden`: it answers a question for a secret, and nothing looks at it."""

    def show(self, data: bytes) -> None:
        """The target said this."""

    def resize(self, width: int) -> None:
        """The terminal has so many columns now."""

    def end_of_input(self) -> None:
        """The person sends no more."""

    def end(self) -> None:
        """Nothing passes any more."""


def guard_commands(
    restrictions: Sequence[Restriction], channel: Input, report: Report, *, command: str, width: int | None
) -> Guard | None:
    """What looks at the input of a shell (no `command`) or a command, on a terminal of `width` columns or without.

    None: nothing does, for nothing is restricted or the input is a program's.
    """
    if not restrictions:
        return None
    if width is not None:
        return TerminalGuard(restrictions, channel, report, width=width)
    return StreamGuard(restrictions, channel, report) if not command or is_shell(command) else None


def check_command(restrictions: Sequence[Restriction], report: Report, command: str) -> str | None:
    """Why the command must not run, or None. `report` is told what was found."""
    found = hits(restrictions, [command]) if command else []
    if found:
        report(found)
    return _blocked(found)


def _blocked(found: Sequence[CommandHit]) -> str | None:
    """The strictest comes first."""
    return found[0].reason if found and found[0].action is not CommandAction.LOG else None


class TerminalGuard:
    """On a terminal: keys pass at once, and Enter when the line may run."""

    def __init__(self, restrictions: Sequence[Restriction], channel: Input, report: Report, *, width: int) -> None:
        self._restrictions = restrictions
        self._channel = channel
        self._report = report
        self._line = CommandLine(width)
        self._waiting = b""
        self._hidden = False
        self._dropping = False
        self._held: asyncio.TimerHandle | None = None
        self._quiet: asyncio.TimerHandle | None = None

    def resize(self, width: int) -> None:
        self._line.shown.width = max(2, width)

    def end_of_input(self) -> None:
        pass  # which a terminal says by Ctrl+D

    def type(self, data: bytes, *, hidden: bool) -> None:
        self._waiting += data
        self._hidden = hidden
        if self._held is None:
            self._go_on()
        elif len(self._waiting) > LONGEST_LINE:
            self._settled()

    def show(self, data: bytes) -> None:
        self._line.shown.take(data)
        if self._line.typed.uncertain or self._held is not None:
            if self._quiet is not None:
                self._quiet.cancel()
            self._quiet = asyncio.get_running_loop().call_later(QUIET_S, self._settled)

    def end(self) -> None:
        self._stop_waiting()
        self._waiting = b""

    def _stop_waiting(self) -> None:
        for timer in (self._held, self._quiet):
            if timer is not None:
                timer.cancel()
        self._held = self._quiet = None

    def _hold(self) -> None:
        self._held = asyncio.get_running_loop().call_later(HOLD_S, self._settled)

    def _settled(self) -> None:
        self._stop_waiting()
        if self._dropping:
            self._dropping = False
            self._channel.interrupt()
            self._hold()  # a shell throws away what it reads before it shows its prompt
            return
        self._line.typed.uncertain = False
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting:
            found = ENTER.search(self._waiting)
            if found is None or found.start() > 0:
                keys = self._waiting[: found.start() if found else None]
                self._waiting = self._waiting[len(keys) :]
                self._line.type(keys, hidden=self._hidden)
                self._channel.press(keys)
            elif self._line.pasting:
                self._press_one(self._line.type)
            elif self._line.typed.uncertain:
                self._hold()
                return
            else:
                self._enter()

    def _press_one(self, first: Callable[[bytes], None]) -> None:
        key, self._waiting = self._waiting[:1], self._waiting[1:]
        first(key)
        self._channel.press(key)

    def _enter(self) -> None:
        found = hits(self._restrictions, self._line.commands())
        reason = _blocked(found)
        if reason is None:
            self._press_one(lambda _: self._line.run())
        else:
            key, self._waiting = self._waiting[:1], b""  # what was pasted behind it relies on it
            self._line.drop()
            self._channel.refuse(key, reason)
            # Only when it has read all before: bash shows no prompt after a Ctrl+C that comes while it reads a key.
            self._dropping = True
            self._hold()
        if found:
            self._report(found)


class StreamGuard:
    """Of a shell without a terminal: whole lines pass, up to the first that must not run, which ends the shell."""

    def __init__(self, restrictions: Sequence[Restriction], channel: Input, report: Report) -> None:
        self._restrictions = restrictions
        self._channel = channel
        self._report = report
        self._line = b""
        self._over = False

    def type(self, data: bytes, *, hidden: bool) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        whole = [line + b"\n" for line in lines]
        if len(self._line) > LONGEST_LINE:
            whole.append(self._line)
            self._line = b""
        self._look(whole)

    def show(self, data: bytes) -> None:
        pass

    def resize(self, width: int) -> None:
        pass

    def end_of_input(self) -> None:
        line, self._line = self._line, b""
        self._look([line])

    def end(self) -> None:
        self._over = True

    def _look(self, lines: Sequence[bytes]) -> None:
        good: list[bytes] = []
        reason = None
        for line in () if self._over else lines:
            text = line.decode(errors="replace").strip()
            found = hits(self._restrictions, [text]) if text else []
            if found:
                self._report(found)
            reason = _blocked(found)
            if reason is not None:
                self._over = True
                break
            good.append(line)
        if any(good):
            self._channel.press(b"".join(good))
        if reason is not None:
            self._channel.finish(reason)
