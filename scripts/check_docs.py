"""Hold the documents to the program: `python -m scripts.check_docs [--write]`.

* A block after `<!-- help: locum init -->` is that command's `--help`, word for word; `--write` refreshes it.
* `make TARGET` and `locum … --option` in a document's code name targets and options that exist.
* Relative links lead to a file, and their `#part` to a heading.
* Blocks after `<!-- run -->` in docs/ are run by the tests (`runnable`), all of one document in order.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.source import Finding, project_files

HELP_COLUMNS = "100"
_HELP = re.compile(r"<!-- help: (?P<command>locum[^>\n]*?) -->\n+```\w*\n(?P<body>.*?)```", re.DOTALL)
_RUN = re.compile(r"<!-- run -->\n+```(?:bash|sh|shell)?\n(?P<body>.*?)```", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_SHELL = re.compile(r"^```(?:bash|sh|shell|console)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:make|locum) [^`]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<image>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<title>.+?) *#*$", re.MULTILINE)


@cache
def help_of(command: str) -> str:
    """What `command --help` prints (command begins with `locum`), or the empty string where it fails."""
    program, *words = command.split()
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *words, "--help"],
        env={**os.environ, "COLUMNS": HELP_COLUMNS, "TERMINAL_WIDTH": HELP_COLUMNS, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.rstrip() + "\n" if done.returncode == 0 else ""


def refreshed(text: str) -> str:
    """`text` with every help block as the program prints it now."""

    def block(match: re.Match[str]) -> str:
        return f"<!-- help: {match['command']} -->\n```text\n{help_of(match['command'])}```"

    return _HELP.sub(block, text)


def stale_help(path: str, text: str) -> Iterator[Finding]:
    for match in _HELP.finditer(text):
        if match["body"] != help_of(match["command"]):
            what = f"the help of `{match['command']}` is not what it prints: make docs WRITE=1"
            yield Finding("help", path, _line(text, match.start()), what, path)


def unknown_commands(path: str, text: str, targets: set[str]) -> Iterator[Finding]:
    """Commands in shell blocks and inline code that name no target of the Makefile, no command or no option."""
    commands = [(match.start(), match[1]) for match in _INLINE.finditer(_FENCED.sub(_blank, text))]
    for block in _SHELL.finditer(text):
        joined = re.sub(r"\\\n", "  ", block["body"])
        commands += [(block.start("body"), line.strip().removeprefix("$ ")) for line in joined.splitlines()]
    for position, command in commands:
        for problem in _unknown(command, targets):
            yield Finding("command", path, _line(text, position), f"`{command}`: {problem}", path)


def _unknown(command: str, targets: set[str]) -> Iterator[str]:
    words = command.split("|")[0].split("#")[0].split()
    if words[:1] == ["make"]:
        for word in words[1:]:
            if re.fullmatch(r"[a-z-]+", word) and word not in targets:
                yield f"the Makefile has no target {word}"
    elif words[:1] in (["locum"], [".venv/bin/locum"]):
        subcommand = ["locum"]
        for word in words[1:]:
            if not re.fullmatch(r"[a-z][a-z0-9-]*", word) or not help_of(" ".join([*subcommand, word])):
                break
            subcommand.append(word)
        printed = help_of(" ".join(subcommand))
        if not printed or (len(subcommand) == 1 and words[1:2] and re.fullmatch(r"[a-z-]+", words[1])):
            yield "locum has no such command"
        for option in re.findall(r"(?<!\S)--[a-z0-9-]+", " ".join(words)):
            if option != "--help" and not re.search(rf"{option}\b(?!-)", printed):
                yield f"`{' '.join(subcommand)}` has no option {option}"


def broken_links(path: str, text: str, root: Path) -> Iterator[Finding]:
    plain = re.sub(r"`[^`\n]*`", _blank, _FENCED.sub(_blank, text))
    for match in _LINK.finditer(plain):
        target = match["target"] or match["image"]
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        file = (root / path).parent / name if name else root / path
        if not file.exists():
            yield Finding("link", path, _line(text, match.start()), f"{target} leads nowhere", path)
        elif part and file.suffix == ".md" and part not in _anchors(file.read_text()):
            yield Finding("link", path, _line(text, match.start()), f"{name} has no heading #{part}", path)


def _anchors(text: str) -> set[str]:
    titles = (match["title"].lower() for match in _HEADING.finditer(_FENCED.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def runnable(text: str) -> str:
    """The blocks of one document marked `<!-- run -->`, in order, as one shell script; empty where there are none."""
    return "\n".join(match["body"] for match in _RUN.finditer(text))


def make_targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def _blank(match: re.Match[str]) -> str:
    """As many lines as were there, so that line numbers stay right."""
    return re.sub(r"[^\n]", " ", match[0])


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="refresh the help blocks")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    chosen = parser.parse_args()
    root: Path = chosen.root
    targets = make_targets((root / "Makefile").read_text())
    found: list[Finding] = []
    documents = [path for path in project_files(root) if path.endswith(".md")]
    for path in documents:
        text = (root / path).read_text()
        if chosen.write and refreshed(text) != text:
            text = refreshed(text)
            (root / path).write_text(text)
            print(f"{path}: help refreshed")
        found += [*stale_help(path, text), *unknown_commands(path, text, targets), *broken_links(path, text, root)]
    for finding in found:
        print(finding)
    print(f"docs: {len(found)} findings" if found else f"docs: {len(documents)} documents hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
