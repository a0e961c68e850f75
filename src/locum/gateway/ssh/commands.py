"""PURE. Finds file transfer dressed as a plain command (SEC-13).

`scp`, `sftp` and `rsync` start their other half on the target by name. Such a command falls under the rules for
files, and where they allow it, only as the standard tools write it. This is a rule about the standard tools and no
wall: whoever has a shell can type a file into `cat`, and then the recording, which holds the input of commands too,
shows it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_SERVERS = {"sftp-server", "internal-sftp"}
# Words that take a command line as one argument, and words that run the words after them.
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "su"}
_PREFIXES = {
    "env", "exec", "command", "builtin", "nohup", "nice", "ionice", "time", "setsid", "stdbuf", "busybox",
    "sudo", "doas", "timeout", "chroot", "xargs", "then", "else", "do", "if", "while", "!", "{",
}  # fmt: skip
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SCP_REMOTE = re.compile(r"-[A-Za-z0-9]*[tf][A-Za-z0-9]*")
_TRANSFER_WORD = re.compile(r"(?:^|[\s/;&|(`'\"])(sftp-server|internal-sftp|scp(?=\s+-)|rsync(?=\s+--server))")
_PLAIN = re.compile(r"(?:scp|rsync)(?: [A-Za-z0-9_@%+=:,./~*?\[\]-]+)+")
_SCP_OPTION = re.compile(r"-[rpdvqtf]+|--")
_PUNCTUATION = frozenset(";&|()<>")
_NESTING_LIMIT = 4
_SHELL = re.compile(
    r"\s*(?:exec\s+)?(?:(?:\S*/)?sudo(?:\s+-\S+)*\s+)?(?:\S*/)?(?:sh|bash|dash|zsh|ksh|ash|fish|su|sudo)(?:\s+-\S*)*\s*"
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file transfer that is nothing else. `path` is as the command has it."""

    tool: str
    upload: bool
    path: str


def plain_transfer(command: str) -> Transfer | None:
    """The command as the standard `scp` or `rsync` writes it, without anything that a shell would make more of."""
    if _PLAIN.fullmatch(command) is None:
        return None
    tool, *words = command.split()
    options = [word for word in words if word.startswith("-")]
    paths = [word for word in words if not word.startswith("-")]
    if tool == "scp" and len(paths) == 1 and all(_SCP_OPTION.fullmatch(word) for word in options):
        ways = {letter for word in options for letter in word} & {"t", "f"}
        return Transfer(tool, ways == {"t"}, paths[0]) if len(ways) == 1 else None
    if tool == "rsync" and words[:1] == ["--server"] and "--daemon" not in options and len(paths) >= 2:
        return Transfer(tool, "--sender" not in options, paths[-1])
    return None


def is_shell(command: str) -> bool:
    """Whether the command is nothing but a shell, which takes its commands from its input."""
    return _SHELL.fullmatch(command) is not None


def file_transfer(command: str) -> str | None:
    """The name of the tool (`scp`, `sftp-server`, `rsync`…) if the command serves a file transfer, else None."""
    return _search(command, 0)


def _search(command: str, depth: int) -> str | None:
    if depth > _NESTING_LIMIT:
        return None
    try:
        statements = list(_statements(command))
    except ValueError:  # unbalanced quotes: no shell runs it as it stands, so be strict about the words in it
        found = _TRANSFER_WORD.search(command)
        return None if found is None else found.group(1)
    return _first(_tool(words, depth) for words in statements)


def _statements(command: str) -> Iterator[list[str]]:
    """The simple commands of a command line, each as its words without redirections. ValueError: bad quotes."""
    text = command.replace("\\\n", "").replace("\n", " ; ").replace("`", " ; ")
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    in_redirection = False
    for token in lexer:
        if not token or not _PUNCTUATION.issuperset(token):
            if not in_redirection:
                words.append(token)
            in_redirection = False
        elif set(token) & set("<>") and "(" not in token:
            in_redirection = True
            if words and words[-1].isdigit():
                words.pop()
        else:
            yield words
            words = []
    yield words


def _tool(words: list[str], depth: int) -> str | None:
    """Looks at the command word. Behind a prefix such as `sudo` any word may be it, for options there take values."""
    prefixed = False
    for position, word in enumerate(words):
        name = word.rsplit("/", 1)[-1].lstrip("$")
        arguments = words[position + 1 :]
        if name in _SERVERS or (name == "rsync" and "--server" in arguments):
            return name
        if name == "scp" and any(_SCP_REMOTE.fullmatch(argument) for argument in arguments):
            return name
        if name == "eval":
            return _search(" ".join(arguments), depth + 1)
        if name in _SHELLS:
            return _first(_search(argument, depth + 1) for argument in arguments)
        prefixed = prefixed or name in _PREFIXES
        if not prefixed and not _ASSIGNMENT.match(word):
            return None
    return None


def _first(found: Iterable[str | None]) -> str | None:
    return next((name for name in found if name is not None), None)
