"""One person's connection from sign-in to its end: one grant, one recording, one connection to the target.

Its life is `run`: (1) ask the gate; (2) open the recording, for without one there is no session; (3) dial; (4) carry
channels until somebody ends it: the person, the target, the deadline, the gate or a recorder that fails; (5) close
the target, the client and the recording, and tell the gate.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import asyncssh
import structlog

from locum.activities.channel_rules import ChannelRules
from locum.activities.command_rules import CommandAction, CommandHit, Restriction
from locum.audit.classify import Detail
from locum.gateway.ssh.backward import BackwardForwards
from locum.gateway.ssh.channel import Channel
from locum.gateway.ssh.channels import Channels
from locum.gateway.ssh.chooser import Chooser
from locum.gateway.ssh.deadline import Deadline
from locum.gateway.ssh.ending import Ending, Over
from locum.gateway.ssh.event_log import EventLog
from locum.gateway.ssh.forward import Forwards
from locum.gateway.ssh.gate import Gate
from locum.gateway.ssh.idle import Idle
from locum.gateway.ssh.refusals import Refusals
from locum.gateway.ssh.relay import Refusal, printable
from locum.gateway.ssh.transport import ServerConnection, TargetConnection
from locum.gateway.ssh.upstream import dial
from locum.identities.signin import SignedIn
from locum.kit.actor import Actor
from locum.kit.errors import Forbidden, LocumError, NotAvailable
from locum.recordings.format import Kind, Opening
from locum.recordings.space import NoRoom
from locum.recordings.writer import Recorder, Recording
from locum.sessions.connections import Choice, ConnectionEvent, Grant, Now, Wanted

GOODBYE_S = 0.6
BOOKS_S = 3.0  # the end of a connection is written after what passed in it, if that is taken by then
CHOICE_S = 120.0
TIME_IS_OVER = "your session ended: time is over"
CLIENT_LEFT = "the client disconnected"
NOT_WRITTEN = "your session ended: what passes in it can't be written down"

log = structlog.get_logger("locum.gateway.ssh")


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a connection needs of the rest of Locum."""

    connections: Gate
    recorder: Recorder


class ClientConnection:
    """Everything behind one authenticated client connection."""

    def __init__(
        self, rooms: Rooms, ssh: ServerConnection, who: SignedIn, wanted: Wanted | LocumError | None, address: str
    ) -> None:
        """`wanted` None: the person is asked at the first terminal."""
        self.reason = CLIENT_LEFT
        self.may_extend = False  # whether Ctrl+X asks for more time
        self._rooms = rooms
        self._ssh = ssh
        self._who = who
        self._wanted = wanted
        self._chooser: Channel | None = None
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._ended = Ending()
        self._grant: Grant | None = None
        self._recording: Recording | None = None
        self._target: TargetConnection | None = None
        self._ready: asyncio.Future[TargetConnection] = self._loop.create_future()
        self._ready.add_done_callback(lambda ready: ready.exception())  # maybe no channel ever asks
        self._chosen: asyncio.Future[Choice] = self._loop.create_future()
        self._deadline: Deadline | None = None
        self._idle: Idle | None = None
        self._extending: asyncio.Task[None] | None = None
        self._end_notice: str | None = None
        self._ends_at: dt.datetime | None = None
        self._locked: str | None = None
        self._channels = Channels(self)
        self.forwards = Forwards(self)
        self.backward = BackwardForwards(self, ssh, self.forwards)
        self._notices: list[str] = []
        self._progress: list[str] = []
        self._refusals = Refusals(rooms.connections, Actor(who.identity_id, who.name, address))
        self._events: EventLog | None = None  # from the grant on
        ssh.on_full = lambda full: self._block("client", full)
        ssh.on_refused = self.refused

    # -- the life of the connection

    async def run(self) -> None:
        """From the gate to the end. Returns when nothing is left open; raises nothing."""
        try:
            await self._live()
        except Over:
            pass
        except LocumError as error:
            self.end(error.detail)
        except Exception:  # The outermost boundary of the task: one connection ends, the gateway goes on.
            log.exception("connection failed", identity=self._who.name, address=self._address)
            self.end("Locum failed; the administrator's log says more")
        try:
            await self._leave()
        except Exception:  # The same boundary, for what the end itself may raise.
            log.exception("closing a connection failed", identity=self._who.name, address=self._address)

    async def _live(self) -> None:
        if isinstance(self._wanted, LocumError):
            raise self._wanted
        gate = self._rooms.connections
        chosen = self._wanted
        wanted = await self._ended.unless(self._choice()) if chosen is None else chosen
        self._grant = grant = await self._ended.unless(
            gate.open(
                self._who,
                wanted,
                address=self._address,
                close=lambda reason: self.end(f"your session ended: {reason}"),
                change=self._changed,
                progress=self._tell_progress,
            )
        )
        self._events = EventLog(
            grant.connection_id,
            partial(self._write_events, grant),
            lambda full: self._block("log", full),
            lambda: self.end(NOT_WRITTEN),
        )
        # It may have been changed already, by whoever watches the session.
        self._deadline = Deadline(
            self._ends_at or grant.deadline,
            grant.notice,
            over=lambda: self.end(TIME_IS_OVER),
            tell=self._tell_of_end,
        )
        self._deadline.watch()
        if grant.channels.idle_minutes is not None:
            self._idle = Idle(grant.channels.idle_minutes, self.end)
        if self._ended.is_set():
            raise Over
        if grant.record:
            self._recording = await self._open_recording(grant)
        self._target = await self._ended.unless(dial(grant, pin=gate.pin_host_key, on_lost=self._target_lost))
        self._target.on_full = lambda full: self._block("target", full)
        self._target.backward = self.backward
        self._ready.set_result(self._target)
        await self._ended.wait()

    async def _choice(self) -> Wanted:
        """What the person chooses at the terminal. Raises LocumError where nothing is chosen in time."""
        try:
            async with asyncio.timeout(CHOICE_S):
                chosen = await self._chosen
        except TimeoutError:
            raise Forbidden(f"nothing was chosen in {CHOICE_S:.0f} seconds") from None
        return Wanted(self._who.name, chosen.activity, chosen.resource)

    async def _open_recording(self, grant: Grant) -> Recording:
        key, wrapped = await self._rooms.connections.recording_key(grant)
        title = f"{grant.identity_name}: {grant.activity_name} on {grant.resource_name}"
        opening = Opening(80, 24, int(dt.datetime.now(dt.UTC).timestamp()), title)
        return await self._rooms.recorder.open(
            grant.connection_id, key, wrapped, opening, on_failure=self._recording_failed
        )

    async def _leave(self) -> None:
        """Close the target at once, the client when it has its last words, then the books."""
        self.end(self.reason)
        if self._deadline is not None:
            self._deadline.stop()
        if self._idle is not None:
            self._idle.stop()
        if self._target is not None:
            self._target.abort()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._ssh.wait_closed()
        except TimeoutError:
            self._ssh.disconnect(asyncssh.DISC_BY_APPLICATION, f"locum: {printable(self.reason)}")
        digest = None
        try:
            if self._recording is not None:
                closed = await self._recording.close(self.reason)
                digest = closed.digest if closed else None
            await self._refusals.written()
        finally:
            if self._events is not None:
                await self._events.written(within=BOOKS_S)
            if self._grant is not None:
                await self._rooms.connections.closed(self._grant, reason=self.reason, recording_digest=digest)
            if self._events is not None:
                await self._events.written()

    # -- reasons to end

    def end(self, reason: str) -> None:
        """End the connection for this reason, which every open channel is told. The first reason counts."""
        if self._ended.is_set():
            return
        self._ended.set()
        self.reason = reason
        if not self._ready.done():
            self._ready.set_exception(NotAvailable(reason))
        self._channels.finish(reason)
        self.forwards.finish()

    def client_lost(self) -> None:
        """The client's connection is gone, so there is nobody to tell."""
        self.end(self.reason)

    def _target_lost(self, exc: Exception | None) -> None:
        if self._target is not None and self._grant is not None:
            self.end(f"the connection to {self._grant.resource_name} was lost")

    def _recording_failed(self, error: Exception) -> None:
        log.error("recording failed", connection=str(self._grant and self._grant.connection_id), error=repr(error))
        why = error.detail if isinstance(error, NoRoom) else "it can't be recorded any more"
        self.end(f"your session ended: {why}")

    def _tell_of_end(self, line: str) -> None:
        """Where nothing is open yet, to the first that is opened."""
        minutes = self._grant.extension if self._grant else None
        if minutes is not None:
            self.may_extend = True
            line += f"; Ctrl+X adds {minutes} minute{'' if minutes == 1 else 's'}"
        if self._channels.started:
            self.say(line)
        else:
            self._end_notice = line

    def extend(self) -> None:
        """The person asks for more time. What comes of it is told to every channel."""
        self.may_extend = False
        self._extending = self._loop.create_task(self._extend())

    async def _extend(self) -> None:
        try:
            await self._rooms.connections.extend(self._granted, address=self._address)
        except LocumError as error:
            self.may_extend = True
            self.say(error.detail)

    # -- what changes while it lives

    def _changed(self, now: Now) -> None:
        """The session got more time, or was locked or unlocked."""
        self._ends_at = now.deadline
        if self._deadline is not None and self._deadline.at != now.deadline:
            self._deadline.at = now.deadline
            self._deadline.watch()
            self.say(f"your session now ends at {now.deadline:%H:%M} UTC")
        if now.locked != self._locked:
            self._locked = now.locked
            self.say("your session is unlocked" if now.locked is None else f"your session is locked: {now.locked}")
            self._channels.lock(now.locked is not None)
            self.forwards.lock(now.locked is not None)

    # -- what channels use

    def new_channel(self) -> Channel:
        """A channel for a session the client opens. Raises ChannelOpenError where that must not be."""
        return self._channels.open()

    @property
    def locked(self) -> str | None:
        """The words of the lock on the session, if one is."""
        return self._locked

    @property
    def id(self) -> UUID | None:
        """Its id, once it is let in."""
        return self._grant.connection_id if self._grant else None

    @property
    def ended(self) -> str | None:
        """Why it was ended, if it was."""
        return self.reason if self._ended.is_set() else None

    @property
    def _granted(self) -> Grant:
        assert self._grant is not None
        return self._grant

    @property
    def sshd_port(self) -> int:
        """Where the target's own sshd listens."""
        return self._granted.port

    @property
    def terminal(self) -> Channel | None:
        """Where the person types, if something runs there."""
        return self._channels.terminal

    def channel_closed(self, channel: Channel) -> None:
        """The client's side of a channel is gone."""
        self._channels.closed(channel)

    def chooser(self, channel: Channel, show: Callable[[str], None]) -> Chooser | None:
        """Asks what to open, for the first channel where nobody has said it yet."""
        if self._wanted is not None or self._chooser is not None:
            return None
        self._chooser = channel
        return Chooser(partial(self._rooms.connections.choices, self._who.identity_id), show)

    def chosen(self, choice: Choice) -> None:
        """The person wants this."""
        if not self._chosen.done():
            self._chosen.set_result(choice)

    async def target(self) -> TargetConnection:
        """The connection to the target when it is there. Raises LocumError with the reason why not."""
        return await asyncio.shield(self._ready)

    @property
    def rules(self) -> ChannelRules:
        """What may pass. There are no rules before there is a target."""
        return self._granted.channels

    @property
    def restrictions(self) -> Sequence[Restriction]:
        """What restricts the commands."""
        return self._granted.restrictions

    def restricted(self, found: Sequence[CommandHit]) -> None:
        """A command was restricted, the strictest first. A lock and an end hold at once, and are written then."""
        for hit in found:
            self._happened(hit)
        reason = found[0].reason
        if found[0].action is CommandAction.LOCK:
            self._changed(Now(self._ends_at or self._granted.deadline, reason))
        elif found[0].action is CommandAction.TERMINATE:
            self.end(f"your session ended: {reason}")

    def happened(self, action: str, detail: Detail) -> None:
        """Something passed that the audit log must know of."""
        self._happened((action, detail))

    def _happened(self, event: ConnectionEvent) -> None:
        assert self._events is not None
        self._events.add(event)

    async def _write_events(self, grant: Grant, events: Sequence[ConnectionEvent]) -> None:
        await self._rooms.connections.happened(grant, events, address=self._address)

    def touched(self) -> None:
        """Something passed, so the connection is not idle."""
        if self._idle is not None:
            self._idle.touch()

    def record(self, kind: Kind, data: bytes, done: Callable[[], None] | None = None) -> None:
        """Hand to the recorder; `done` is called when it can't be lost, or at once if nothing is recorded."""
        if self._recording is not None:
            self._recording.record(kind, data, done)
        elif done is not None:
            done()

    def notices(self, *, with_progress: bool) -> list[str]:
        """What a new channel has missed. Progress is for people at a terminal."""
        end, self._end_notice = self._end_notice, None
        progress = self._progress if with_progress and not self._ready.done() else ()
        return [*self._notices, *([end] if end else ()), *progress]

    def say(self, line: str) -> None:
        """Tell every open channel."""
        self._channels.say(line)

    def refused(self, refusal: Refusal, *, tell: bool = True) -> None:
        """Write down what was asked for in vain, and tell the person where the client does not."""
        self._refusals.add(refusal, self._grant.session_id if self._grant else None)
        if tell and refusal.reason not in self._notices:
            self._notices.append(refusal.reason)
            self.say(refusal.reason)

    def _tell_progress(self, line: str) -> None:
        self._progress.append(line)
        self._channels.say(line, terminals_only=True)

    def _block(self, side: str, full: bool) -> None:
        self._channels.block(side, full)
        self.forwards.block(side, full)
