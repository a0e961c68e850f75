"""PURE. What the gateway lets through, and what it makes of it on the way. No socket, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.commands import file_transfer, plain_transfer

PENDING_LIMIT = 256 * 1024
CHANNEL_LIMIT = 10
FORWARD_LIMIT = 100
LISTEN_LIMIT = 20
WINDOW = 128 * 1024
PACKET = 32 * 1024
ENVIRONMENT_LIMIT = 32
EARLY_LIMIT = 64
REFUSED_STATUS = 255
"""What `ssh` itself exits with when there is no connection: scripts already treat it as "not run"."""

SIGNALS = frozenset(
    ("ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2")
)
"""RFC 4254 section 6.10. Names outside it are dropped: a target need not cope with them."""

REASONS = {
    "agent": "agent forwarding is not allowed by the connection profile: the target could use your keys",
    "command": "commands are not allowed by the connection profile",
    "file": "file transfer is not allowed by the connection profile",
    "file-tool": "this file transfer can't be looked into: use sftp, or an scp that speaks it",
    "local-forward": "port forwarding is not allowed by the connection profile",
    "remote-forward": "remote port forwarding is not allowed by the connection profile",
    "shell": "shells are not allowed by the connection profile",
    "subsystem": "this subsystem is not allowed by the connection profile",
    "tunnel": "tunnels are not allowed",
    "unknown": "this kind of channel is not supported",
    "x11": "X11 forwarding is not allowed by the connection profile",
}

_ENVIRONMENT_NAME = re.compile(r"LANG|LC_[A-Z]{1,24}|TERM")
_ENVIRONMENT_VALUE = re.compile(r"[A-Za-z0-9@._:,+=/-]{0,128}")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the client asked for and doesn't get. `kind` is a key of REASONS, `asked` goes to the audit log."""

    kind: str
    asked: str

    @property
    def reason(self) -> str:
        return REASONS[self.kind]


@dataclass(frozen=True, slots=True)
class X11:
    """What a client says of its display. The cookie is one of its own making, by which it knows what comes back."""

    single: bool
    protocol: bytes
    cookie: bytes
    screen: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What of the person's own their client lets the target use."""

    agent: bool = False
    x11: X11 | None = None


def refuse(rules: ChannelRules, *, command: str, subsystem: str) -> Refusal | None:
    """Why what a channel is to carry is not let through: a subsystem, a command or, without either, a shell."""
    if subsystem:
        return refuse_subsystem(rules, subsystem)
    return refuse_exec(rules, command) if command else refuse_shell(rules)


def refuse_shell(rules: ChannelRules) -> Refusal | None:
    """Why there is no shell."""
    return None if rules.shell else Refusal("shell", "shell")


def refuse_exec(rules: ChannelRules, command: str) -> Refusal | None:
    """Why a command is not run: it may not be, or it is a file transfer in disguise."""
    tool = file_transfer(command)
    if tool is None:
        return None if rules.command else Refusal("command", f"exec {printable(command)[:64]}")
    transfer = plain_transfer(command)
    if not (rules.upload or rules.download) or (
        transfer is not None and not (rules.upload if transfer.upload else rules.download)
    ):
        return Refusal("file", f"exec {tool}")
    # rsync moves pieces of files that nobody can tell apart here, and takes options that start programs.
    blind = transfer is not None and tool == "rsync" and (not rules.command or rules.max_file_bytes is not None)
    if transfer is None or blind or rules.paths:
        return Refusal("file-tool", f"exec {tool}")
    return None


def refuse_subsystem(rules: ChannelRules, name: str) -> Refusal | None:
    """Why a subsystem is not started. Of all there are, only sftp ever is."""
    if name != "sftp":
        return Refusal("subsystem", f"subsystem {printable(name)[:64]}")
    return None if rules.upload or rules.download else Refusal("file", "subsystem sftp")


def place(host: str, port: int) -> str:
    """Where a forwarded connection leads, to be shown and kept."""
    shown = printable(host)[:200]
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"


def may_set(name: bytes, value: bytes, already: int) -> bool:
    """Whether the client may set this environment variable, `already` being the number it has set."""
    return (
        already < ENVIRONMENT_LIMIT
        and _ENVIRONMENT_NAME.fullmatch(name.decode("latin-1")) is not None
        and _ENVIRONMENT_VALUE.fullmatch(value.decode("latin-1")) is not None
    )


def printable(text: str) -> str:
    """Text from outside made harmless for a terminal: no control, direction or invisible characters (SEC-22)."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def terminal_line(text: str) -> bytes:
    """A line from Locum to a person. CRLF, because the client's terminal is in raw mode where there is a pty."""
    return f"locum: {printable(text)}\r\n".encode()


def what_runs(command: str, subsystem: str) -> str:
    """What a channel carries, for the recording."""
    if subsystem:
        return f"subsystem {subsystem}"
    return f"exec: {command}" if command else "shell"


def cast_size(width: int, height: int) -> bytes:
    """The size for the recording: some clients say 0x0, which no player can show, and some say nonsense."""
    return b"%dx%d" % (min(width, 1000) or 80, min(height, 1000) or 24)


@dataclass(slots=True)
class Flow:
    """One direction of a channel: how much is on its way, and whether to go on reading the source.

    `pending` counts bytes handed to the recorder that may not be passed on yet; `blocked` names the writers (the
    channel, the connection below it) that have asked to wait.
    """

    pending: int = 0
    blocked: set[str] = field(default_factory=set)

    @property
    def open(self) -> bool:
        return not self.blocked and self.pending < PENDING_LIMIT


_PROMPT = re.compile(
    r"(?:pass(?:word|phrase|code|wd)|passwor[td]|contrase.a|mot de passe|\bsenha\b|парол|密码|密碼|パスワード"
    r"|verification code|one-time|\botp\b|\bpin\b|\btoken\b|\bsecret\b)[^\n]{0,120}[:：?>][\s*•]*$",
    re.IGNORECASE,
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_LINE_LIMIT = 240
_MASK_LIMIT = 1024
_END_OF_LINE = re.compile(rb"[\r\n\x03\x04]")
MASK = b"********"


def _at_prompt(line: bytes) -> bool:
    """Whether this is a question for a secret. Nearly every line is told by its end, without a search."""
    end = line.rstrip(b" \t*")[-1:]
    if end and (end in b":?>" or end >= b"\x80" or b"\x1b" in line):
        return _PROMPT.search(_ESCAPES.sub("", line.decode(errors="replace"))) is not None
    return False


class PromptMask:
    """Keeps what is typed at a password prompt out of the recording.

    Whether a terminal echoes is not visible from outside, so the last line of output decides. What is typed ahead
    after the newline stays masked until the target says something, as it may be the answer to the next prompt.
    At most 1024 bytes are masked per prompt, so that a forged prompt can't hide much.
    """

    def __init__(self) -> None:
        self._line = b""
        self._left = 0
        self._shown = False

    @property
    def hides(self) -> bool:
        """Whether what is typed now answers a question for a secret."""
        return self._left > 0

    def output(self, data: bytes) -> None:
        """The target said `data`."""
        newline = max(data.rfind(b"\n"), data.rfind(b"\r"))
        if newline >= 0:
            self._line, self._left = data[newline + 1 :], 0
        else:
            self._line += data
        self._line = self._line[-_LINE_LIMIT:]
        if not _at_prompt(self._line):
            self._left = 0
        elif self._left == 0:
            self._left, self._shown = _MASK_LIMIT, False

    def input(self, data: bytes) -> bytes:
        """What to record of `data` typed by the person."""
        if self._left == 0:
            return data
        hidden, clear = data[: self._left], data[self._left :]
        self._left -= len(hidden)
        kept = b"".join(_END_OF_LINE.findall(hidden))
        if not self._shown and len(kept) < len(hidden):
            kept, self._shown = MASK + kept, True
        return kept + clear
