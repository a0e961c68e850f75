"""One shell or command: a channel to the person's client, one to the target, and what passes between them.

What the target says goes to the recorder first and to the person when it can't be lost any more (SEC-26). What the
person sends to a command takes the same way. A keystroke in a terminal is handed to the recorder and passed on at
once: anything it brings about is recorded behind it, and so not seen before the keystroke is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import asyncssh

from locum.gateway.ssh.assist import Typists
from locum.gateway.ssh.chooser import Chooser
from locum.gateway.ssh.command_guard import INTERRUPT, Guard, check_command, guard_commands
from locum.gateway.ssh.files import Files, look_into
from locum.gateway.ssh.names import FORM
from locum.gateway.ssh.pipe import Pipe
from locum.gateway.ssh.relay import (
    EARLY_LIMIT,
    PACKET,
    REFUSED_STATUS,
    SIGNALS,
    WINDOW,
    PromptMask,
    cast_size,
    printable,
    refuse,
    terminal_line,
    what_runs,
)
from locum.gateway.ssh.target_side import TargetSide
from locum.gateway.ssh.transport import ServerChannel
from locum.kit.errors import Invalid, LocumError

if TYPE_CHECKING:
    from locum.gateway.ssh.connection import ClientConnection

DRAIN_S = 0.25
EXTEND = b"\x18"  # Ctrl+X, which belongs to the target unless more time was just offered
STDERR = asyncssh.EXTENDED_DATA_STDERR

TermSize = tuple[int, int, int, int]
Terminal = tuple[str, TermSize, Mapping[int, int]]


class Channel(asyncssh.SSHServerSession[bytes]):
    """The client's side, as asyncssh calls it; `TargetSide` is the other.

    What the client sends before the target is there waits in order: at most one packet of data, for the first one
    pauses the reading.
    """

    def __init__(self, connection: ClientConnection, number: int) -> None:
        self.number = number
        self.up = Pipe(connection.record)
        self.down = Pipe(connection.record)
        self._connection = connection
        self._client: ServerChannel | None = None
        self._target: asyncssh.SSHClientChannel[bytes] | None = None
        self._early: list[Callable[[], None]] = []
        self._mask = PromptMask()
        self._terminal: Terminal | None = None
        self._command = self._subsystem = ""
        self._files: Files | None = None
        self._chooser: Chooser | None = None
        self._guard: Guard | None = None
        self.typists = Typists(self.mark)
        self._opening: asyncio.Task[None] | None = None
        self._exit: Callable[[ServerChannel], None] = ServerChannel.close
        self.started = False
        self._over = self._locked = self._client_ended = False

    @property
    def has_pty(self) -> bool:
        return self._terminal is not None

    @property
    def is_running(self) -> bool:
        return self._target is not None and not self._over

    # -- what the client asks for

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        assert isinstance(chan, ServerChannel)
        self._client = self.up.source = self.down.sink = chan

    def pty_requested(self, term_type: str, term_size: TermSize, term_modes: Mapping[int, int]) -> bool:
        self._terminal = (term_type, term_size, dict(term_modes))
        return True

    def shell_requested(self) -> bool:
        return True

    # What may not be is accepted and then ended with words: clients show the reason only of what they believe to run.

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        self._subsystem = subsystem
        return True

    def session_started(self) -> None:
        self.started = True
        for line in self._connection.notices(with_progress=self.has_pty):
            self.say(line)
        self._opening = asyncio.get_running_loop().create_task(self._open_target())

    # -- the target's side

    async def _open_target(self) -> None:
        assert self._client is not None
        term, size, modes = self._terminal or (None, None, None)
        try:
            await self._ask_what_to_open()
            connection = await self._connection.target()
            refusal = refuse(self._connection.rules, command=self._command, subsystem=self._subsystem)
            if refusal is not None:
                self._connection.refused(refusal, tell=False)
                self.finish(refusal.reason)
                return
            self.mark(what_runs(self._command, self._subsystem))
            reason = self._look_at_commands()
            if reason is not None:
                self.finish(reason)
                return
            self._files = look_into(self, self._connection, subsystem=self._subsystem, command=self._command)
            if size is not None:
                self._connection.record("r", cast_size(size[0], size[1]))
            offered = self._connection.backward.allowed(self._client.offered)
            target = await connection.start_session(
                lambda: TargetSide(self),
                self._command or None,
                offered=offered,
                subsystem=self._subsystem or None,
                env=list(self._client.get_environment_bytes().items()),
                request_pty="force" if self.has_pty and self._files is None else False,
                term_type=term,
                term_size=size,
                term_modes=modes,
                encoding=None,
                window=WINDOW,
                max_pktsize=PACKET,
            )
        except LocumError as error:
            self.finish(error.detail)
        except (asyncssh.Error, OSError) as error:
            self.finish(f"the target did not start it: {printable(str(error))[:200]}")
        else:
            self._attach(target)
            if offered.x11 is not None and not connection.has_display(target):
                self.say("the target does not forward X11")

    async def _ask_what_to_open(self) -> None:
        """Where the user name does not say it. Raises LocumError where nobody can be asked, or nothing is chosen."""
        chooser = self._connection.chooser(self, self._show)
        if chooser is None:
            return
        try:
            if not self.has_pty or self._command or self._subsystem:
                raise Invalid(f"the user name must say what to open: {FORM}; alone it needs a terminal to ask you")
            self._chooser = chooser
            self._connection.chosen(await chooser.choose())
        except LocumError as error:
            self._connection.end(error.detail)
            raise
        finally:
            self._chooser = None

    def _show(self, text: str) -> None:
        if self._client is not None and not self._client.is_closing():
            self._client.write(text.encode())

    def _look_at_commands(self) -> str | None:
        """Hold the command, and what will be typed, against the restrictions. Answers why it must not run."""
        if self._subsystem:
            return None
        restrictions, report = self._connection.restrictions, self._connection.restricted
        width = self._terminal[1][0] if self._terminal else None
        self._guard = guard_commands(restrictions, self, report, command=self._command, width=width)
        return check_command(restrictions, report, self._command)

    def _attach(self, target: asyncssh.SSHClientChannel[bytes]) -> None:
        if self._over:
            target.abort()
            return
        self._target = self.up.sink = self.down.source = target
        early, self._early = self._early, []
        for event in early:
            event()
        if self._client is not None:  # what came early may have ended it
            self._client.resume_reading()

    def lock(self, locked: bool) -> None:
        """Let nothing pass either way, or again. What the target says waits; what is typed meanwhile is lost.

        So is a signal: what a person does before a locked screen must not come about when it is unlocked. Only input
        that no terminal stands behind waits too, for its bytes are a program's.
        """
        self._locked = locked
        if self._target is None:
            if locked and self.started:
                self.finish("your session is locked: nothing new is started in it")
            return
        self.down.block("lock", locked)
        if not self.has_pty:
            self.up.block("lock", locked)

    def _in_order(self, event: Callable[[], None]) -> None:
        if self._target is not None:
            event()
        elif len(self._early) < EARLY_LIMIT:
            self._early.append(event)

    # -- from the client to the target

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if self._target is not None:
            self._take_up(data)
        elif self._chooser is not None:
            self._chooser.typed(data)
        elif self._client is not None:
            self._client.pause_reading()
            self._early.append(partial(self._take_up, data))

    def _take_up(self, data: bytes) -> None:
        if self._over or (self._locked and self.has_pty) or not self.typists.lets_person():
            return
        self._connection.touched()
        if self._files is not None:
            self._files.up(data)
        elif self.has_pty and data == EXTEND and self._connection.may_extend:
            self._connection.extend()
        else:
            self._enter(data)

    def assisted(self, data: bytes) -> None:
        """Somebody else types in this terminal; what holds for the person holds for them."""
        if self.is_running and not self._locked:
            self.typists.note_assistant()
            self._connection.touched()
            self._enter(data)

    def _enter(self, data: bytes) -> None:
        if self._guard is not None:
            self._guard.type(data, hidden=self._mask.hides)
        else:
            self.press(data)

    def press(self, data: bytes) -> None:
        """Record input and pass it on to the target."""
        if self.has_pty:
            self.up.take_at_once("i", data, self._mask.input(data))
        else:
            self.up.take("i", data)

    def refuse(self, key: bytes, reason: str) -> None:
        """The key would run a restricted command: it is recorded and not passed on."""
        self._connection.record("i", key)
        self._show("\r\n" + terminal_line(reason).decode())
        self.mark(reason)

    def interrupt(self) -> None:
        self.up.take_at_once("i", INTERRUPT, b"")

    def eof_received(self) -> bool:
        self._client_ended = True
        self._in_order(self._input_ended)
        return True

    def _input_ended(self) -> None:
        if self._guard is not None:
            self._guard.end_of_input()
        self.up.when_drained(lambda: self._target.write_eof() if self._target else None)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        self._in_order(partial(self._resize, (width, height, pixwidth, pixheight)))

    def _resize(self, size: TermSize) -> None:
        self._connection.record("r", cast_size(size[0], size[1]))
        if self._guard is not None:
            self._guard.resize(size[0])
        if self._target is not None:
            self._target.change_terminal_size(*size)

    def signal_received(self, signal: str) -> None:
        if signal in SIGNALS and not self._locked:
            self._in_order(lambda: self._target.send_signal(signal) if self._target else None)

    def break_received(self, msec: int) -> bool:
        if not self._locked:
            self._in_order(lambda: self._target.send_break(msec) if self._target else None)
        return True

    # -- from the target to the client

    def take_down(self, data: bytes, datatype: int | None) -> None:
        """The target said something."""
        if self._over:
            return
        if self._files is not None and datatype is None:
            self._connection.touched()
            self._files.down(data)
            return
        if self.has_pty:
            self._mask.output(data)
            if self._guard is not None:
                self._guard.show(data)
        else:  # what a terminal shows by itself does not mean that somebody is there
            self._connection.touched()
        self.down.take("o" if datatype is None else "e", data, datatype)

    def end_of_output(self) -> None:
        """The target has no more to say, and may still listen."""
        self.down.when_drained(self._pass_end_of_output)

    def _pass_end_of_output(self) -> None:
        # Where both ways have ended, OpenSSH closes at once, and the status that is yet to come would be lost.
        if self._client is not None and not self._over and not self._client_ended:
            self._client.write_eof()

    def exited(self, how: Callable[[ServerChannel], None]) -> None:
        """What ended on the target, to be told when its channel closes: output may still follow."""
        self._exit = how

    def target_closed(self) -> None:
        """The target's channel is gone. If its whole connection is, `finish` comes first with the reason."""
        asyncio.get_running_loop().call_soon(self.down.when_drained, self._pass_exit)

    def _pass_exit(self) -> None:
        if not self._over and self._client is not None:
            self._over = True
            self._exit(self._client)

    # -- flow, words and the end

    def block(self, side: str, full: bool) -> None:
        """The connection to this side, or the audit log, takes no more at the moment, or does again."""
        pipe = self.down if side == "client" else self.up
        pipe.block(side, full)

    def pause_writing(self) -> None:
        self.down.block("channel", True)

    def resume_writing(self) -> None:
        self.down.block("channel", False)

    def say(self, line: str) -> None:
        """A line from Locum on the person's stderr. What comes before the start is among `notices` then."""
        if self.started and self._client is not None and not self._client.is_closing():
            self._client.write(terminal_line(line), STDERR)
            self.mark(line)

    def finish(self, reason: str) -> None:
        """Locum ends it. The reason comes behind what is on its way, but not later than a moment."""
        if self._over:
            return
        self._over = True
        self._end_parts()
        if self._target is not None:
            self._target.abort()
        asyncio.get_running_loop().call_later(DRAIN_S, self._last_words, reason)
        self.down.when_drained(partial(self._last_words, reason))

    def _last_words(self, reason: str) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if not client.is_closing():
            client.write(terminal_line(reason), STDERR)
            self.mark(reason)
        client.exit(REFUSED_STATUS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._client = None
        self._end_parts()
        self._connection.channel_closed(self)
        target = self._target
        if target is not None:
            self.up.when_drained(target.close if exc is None else target.abort)

    def _end_parts(self) -> None:
        self.typists.end()
        if self._files is not None:
            self._files.end()
        if self._guard is not None:
            self._guard.end()
        if self._chooser is not None:
            self._chooser.leave()

    def mark(self, text: str, done: Callable[[], None] | None = None) -> None:
        """A line for the recording; `done` is called when it can't be lost any more."""
        self._connection.record("m", f"channel {self.number}: {text}".encode(), done)
