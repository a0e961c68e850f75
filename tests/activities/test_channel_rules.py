"""What a profile may let through the gateway, and to where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.channel_rules import DEFAULT, LARGEST_FILE, ChannelRules, checked, holds, listens, reaches
from locum.kit.errors import Invalid


def test_without_more_being_said_shells_and_commands_pass_and_nothing_else() -> None:
    allowed = {name for name in ChannelRules.__struct_fields__ if getattr(DEFAULT, name)}
    assert allowed == {"shell", "command"}


@pytest.mark.parametrize(
    "rules",
    [
        {"paths": ("in",)}, {"paths": ("",)}, {"paths": ("/a/../b",)}, {"paths": ("/a/.",)}, {"paths": ("~/",)},
        {"paths": ("/a//b",)}, {"paths": ("~bob/in",)}, {"paths": ("/a\x1b",)}, {"paths": ("/" + "a" * 1024,)},
        {"paths": ("/a",) * 101}, {"max_file_bytes": 0}, {"idle_minutes": 0},
        {"idle_minutes": 43_201}, {"max_file_bytes": LARGEST_FILE + 1},
        {"listen": ("8080",)}, {"listen": (":8080",)}, {"listen": ("a:1",) * 101},
        {"destinations": ("db01",)}, {"destinations": ("db01:",)}, {"destinations": ("db01:0",)},
        {"destinations": ("db01:65536",)}, {"destinations": ("db01:9-1",)}, {"destinations": ("db01:1-",)},
        {"destinations": (":22",)}, {"destinations": ("a b:22",)}, {"destinations": ("*b*:22",)},
        {"destinations": ("10.0.0.0/99:22",)}, {"destinations": ("x\n:22",)}, {"destinations": ("db01:²",)},
    ],
)  # fmt: skip
def test_what_no_profile_may_say(rules: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked(ChannelRules(**rules))
    assert refused.value.field in {"paths", "maxFileBytes", "destinations", "listen", "idleMinutes"}


def test_paths_have_one_form() -> None:
    assert checked(ChannelRules(paths=(" /srv/in/ ", "/", "~", "~/in"))).paths == ("/srv/in", "/", "~", "~/in")


@pytest.mark.parametrize(
    ("listed", "host", "port", "may"),
    [
        ("db01:5432", "db01", 5432, True), ("db01:5432", "DB01.", 5432, True), ("db01:5432", "db01", 5433, False),
        ("db01:5432", "db02", 5432, False), ("db01:5432", "db01.example", 5432, False),
        ("db01:5000-5010", "db01", 5010, True), ("db01:5000-5010", "db01", 5011, False),
        ("db01:*", "db01", 1, True), ("*:80", "anything", 80, True), ("*:80", "anything", 81, False),
        ("*.example:80", "a.example", 80, True), ("*.example:80", "a.b.example", 80, True),
        ("*.example:80", "example", 80, False), ("*.example:80", ".example", 80, False),
        ("*.example:80", "badexample", 80, False),
        ("10.0.0.0/8:80", "10.9.9.9", 80, True), ("10.0.0.0/8:80", "11.0.0.1", 80, False),
        ("10.0.0.0/8:80", "10.1", 80, False), ("10.0.0.0/8:80", "0x0a000001", 80, False),
        ("10.0.0.0/8:80", "web.example", 80, False), ("[::1]:80", "::1", 80, True),
        ("fd00::/8:80", "fd00::1", 80, True),
        # No way back to an SSH server, unless it is spelled out.
        ("*:*", "db01", 22, False), ("*:*", "localhost", 2022, False), ("10.0.0.0/8:*", "10.0.0.1", 22, False),
        ("db01:*", "db01", 22, False), ("db01:1-1000", "db01", 22, False), ("*:22", "db01", 22, False),
        ("*.example:22", "a.example", 22, False), ("db01:22", "db01", 22, True), ("db01:22", "127.0.0.1", 22, False),
        ("web01:2022", "web01", 2022, True), ("*:*", "db01", 2023, True),
    ],
)  # fmt: skip
def test_where_a_connection_may_be_forwarded_to(listed: str, host: str, port: int, may: bool) -> None:
    rules = checked(ChannelRules(destinations=("other:1", listed)))
    assert reaches(rules, host, port, sshd_port=2022) is may
    assert not reaches(ChannelRules(), host, port, sshd_port=2022)


@pytest.mark.parametrize(
    ("listed", "host", "port", "may"),
    [
        ("localhost:8080", "localhost", 8080, True), ("localhost:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "localhost", 8080, True), ("[::1]:8080", "localhost", 8080, True),
        ("localhost:8080", "localhost", 8081, False), ("localhost:8000-8999", "LOCALHOST", 8999, True),
        ("localhost:8080", "", 8080, False), ("localhost:8080", "*", 8080, False),
        ("localhost:8080", "0.0.0.0", 8080, False), ("10.0.0.0/8:8080", "", 8080, False),
        ("*:8080", "", 8080, True), ("*:8080", "0.0.0.0", 8080, True), ("*:8080", "localhost", 8080, True),
        ("0.0.0.0:8080", "", 8080, True), ("10.0.0.0/8:8080", "10.1.2.3", 8080, True),
        ("10.0.0.0/8:8080", "11.1.2.3", 8080, False), ("db01:8080", "db01", 8080, True),
        ("localhost:8000-8999", "localhost", 0, False), ("localhost:*", "localhost", 0, True),
        ("localhost:*", "", 0, False), ("localhost:*", "localhost", 22, True),
    ],
)  # fmt: skip
def test_where_the_target_may_listen(listed: str, host: str, port: int, may: bool) -> None:
    rules = checked(ChannelRules(listen=("other:1", listed)))
    assert listens(rules, host, port) is may
    assert not listens(ChannelRules(destinations=("*:*",)), host, port)


@given(st.text(max_size=30), st.integers(0, 2**32))
def test_any_place_gets_an_answer(host: str, port: int) -> None:
    rules = ChannelRules(destinations=("*.example:1-100", "10.0.0.0/8:*", "a:1"))
    assert reaches(rules, host, port, sshd_port=22) in (True, False)
    assert listens(ChannelRules(listen=rules.destinations), host, port) in (True, False)


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/srv/in", True), ("/srv/in/a/b", True), ("/srv/inside", False), ("/srv", False), ("/", False),
        ("/root/x/up/a", True), ("/root/x/up", True), ("/root/x/.ssh/authorized_keys", False), ("srv/in/a", False),
    ],
)  # fmt: skip
def test_where_files_may_lie(path: str, may: bool) -> None:
    rules = ChannelRules(paths=("/srv/in", "~/up"))
    assert holds(rules, path, home="/root/x") is may
    assert holds(ChannelRules(), path, home="/root/x")
    assert holds(ChannelRules(paths=("/",)), "/any/where", home="/")


def test_the_home_may_be_the_root() -> None:
    assert holds(ChannelRules(paths=("~/in",)), "/in/a", home="/")
    assert not holds(ChannelRules(paths=("~/in",)), "/out/a", home="/")
