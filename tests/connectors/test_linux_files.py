"""Where in a file a secret stands, and what may not come there; and such files on real Linux hosts."""

from __future__ import annotations

import os
import shlex
import uuid

import pytest
from demo.hosts import Host
from hypothesis import assume, given
from hypothesis import strategies as st

from demo import hosts
from locum.connectors import linux_accounts, linux_files
from locum.connectors.base import Dependant, TargetRefused, TargetUnreachable
from locum.connectors.linux_accounts import LinuxKeeper
from locum.connectors.linux_files import SecretFile, count, replaced, secret_file
from locum.vault.secret import Secret

ID = "00000000-0000-0000-0000-000000000001"
printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)


def file(pattern: str, path: str = "/etc/app.conf", **more: str) -> SecretFile:
    return secret_file(Dependant("file", {"path": path, "pattern": pattern, **more}, ID))


@pytest.mark.parametrize(
    ("pattern", "content", "times"),
    [
        ("password={secret}", b"password=old\n", 1),
        ("password={secret}", b"password=old", 1),
        ("password={secret}", b"password=old\r\nnext", 1),
        ("password={secret}", b"password=old\rnext", 0),
        ("password={secret}", b"password=older\n", 0),
        ("password={secret}", b"Password=old\n", 0),
        ("password={secret}", b"password=old\npassword=old\n", 2),
        ("password={secret};", b"password=old;x", 1),
        ("{secret}", b"old\n", 1),
        ("{secret}", b"x=old\n", 0),
        ("{secret}", b"first\nold\nlast", 1),
        ("{secret}@host", b"x\nold@host/db", 1),
        ("{secret}@host", b"user:old@host/db", 0),
        (":{secret}@host", b"user:old@host/db", 1),
        ("p={secret}", b"\xff\xfe p=old\n\0", 1),
        ("p={secret}", b"", 0),
    ],
)
def test_a_secret_stands_where_the_pattern_says(pattern: str, content: bytes, times: int) -> None:
    assert count(file(pattern), content, Secret("old")) == times


def test_only_the_secret_is_replaced() -> None:
    content = b"# p=old is the secret\xff\r\np=old\r\nold"
    with pytest.raises(TargetRefused, match="nowhere"):
        replaced(file("q={secret}"), content, old=Secret("old"), new=Secret("new"))
    assert replaced(file("p={secret}"), content, old=Secret("old"), new=Secret("new")) == content.replace(
        b"p=old\r", b"p=new\r"
    )


@given(printable, printable, printable, printable, st.binary(max_size=30), st.binary(max_size=30))
def test_replacing_back_gives_what_was_there(
    before: str, after: str, old: str, new: str, above: bytes, below: bytes
) -> None:
    """Whatever is around: there and back again is the same, or it is refused."""
    assume("{secret}" not in f"{before}{after}")
    where = file(f"{before}{{secret}}{after}")
    content = above + f"\n{before}{old}{after}\n".encode() + below
    try:
        changed = replaced(where, content, old=Secret(old), new=Secret(new))
        again = replaced(where, changed, old=Secret(old), new=Secret(new))
        back = replaced(where, changed, old=Secret(new), new=Secret(old))
    except TargetRefused:
        return
    assert again == changed
    assert count(where, changed, Secret(new)) == 1
    assert back == content


def test_a_second_time_changes_nothing_and_the_same_secret_changes_nothing() -> None:
    for old, new in (("old", "new"), ("new", "new")):
        assert replaced(file("p={secret}"), b"p=new\n", old=Secret(old), new=Secret(new)) == b"p=new\n"


@pytest.mark.parametrize("content", [b"p=old\np=old\n", b"p=old\np=new\n", b"p=new\np=new\n"])
def test_more_than_one_place_is_refused(content: bytes) -> None:
    with pytest.raises(TargetRefused, match=r"more than once|nowhere"):
        replaced(file("p={secret}"), content, old=Secret("old"), new=Secret("new"))


@pytest.mark.parametrize(
    ("pattern", "new"),
    [('p="{secret}"', 'a"b'), ('p="{secret}"', "a\\b"), ("p='{secret}'", "a'b"), ("p={secret};", "a;b")],
)
def test_a_secret_that_would_end_its_own_place_is_refused(pattern: str, new: str) -> None:
    content = pattern.replace("{secret}", "old").encode()
    with pytest.raises(TargetRefused, match="the new secret holds") as caught:
        replaced(file(pattern), content, old=Secret("old"), new=Secret(new))
    assert new not in str(caught.value)
    assert replaced(file(pattern), content, old=Secret("old"), new=Secret("fine")) != content


@pytest.mark.parametrize("secret", ["a\nb", "", "x" * 501])
def test_a_secret_that_no_line_holds_is_refused(secret: str) -> None:
    with pytest.raises(TargetRefused):
        replaced(file("p={secret}"), b"p=old", old=Secret("old"), new=Secret(secret))


@pytest.mark.parametrize(
    "path",
    ["", "etc/x", "/", "//etc/x", "/etc/../x", "/etc/./x", "/etc/x/", "/etc//x", "/a\nb", "/a\0b", "/" + "x" * 1000],
)  # fmt: skip
def test_hostile_paths_are_refused(path: str) -> None:
    with pytest.raises(TargetRefused, match="path"):
        file("{secret}", path)


@pytest.mark.parametrize("path", ["/a b/c'd", "/$(id)/`x`", "/-rf", '/"', "/\\n", "/é/%s", "/a=b", "/*"])
def test_odd_paths_are_paths(path: str) -> None:
    assert file("{secret}", path).path == path


@pytest.mark.parametrize(
    "pattern", ["", "p=", "{secret}{secret}", "a\n{secret}", "{secret}\r", "x" * 500 + "{secret}"]
)
def test_patterns_that_are_not_clear_are_refused(pattern: str) -> None:
    with pytest.raises(TargetRefused, match="pattern"):
        file(pattern)


@pytest.mark.parametrize(
    "unit", ["", "-x", ".x", "a b", "a/b", "../x", "a;b", "a\nb", "$(id)", "a\\x2d", "x" * 201]
)
def test_hostile_units_are_refused(unit: str) -> None:
    with pytest.raises(TargetRefused, match="unit"):
        file("{secret}", unit=unit)


@pytest.mark.parametrize("unit", ["nginx", "nginx.service", "getty@tty1.service", "a-b_c:d"])
def test_units_are_named(unit: str) -> None:
    assert file("\tp: {secret}", unit=unit).unit == unit


def test_what_is_no_file_is_refused() -> None:
    for bad in (
        Dependant("service", {"path": "/x", "pattern": "{secret}"}, ID),
        Dependant("file", {"path": "/x", "pattern": "{secret}", "command": "id"}, ID),
        Dependant("file", {"path": "/x", "pattern": "{secret}"}, "../../x"),
    ):
        with pytest.raises(TargetRefused):
            secret_file(bad)


# ---- on real hosts


def secret_in(
    host: Host, path: str, pattern: str, unit: str, *, owner: str = "root", mode: str = "640"
) -> Dependant:
    """A file /srv/app/… that has the secret "old" in it."""
    folder = f"{path}/conf"
    content = shlex.quote("first = 1\n" + pattern.replace("{secret}", "old") + "\nlast = ü\n")
    hosts.run(host, f"mkdir -p {folder} && chmod 755 {path} {folder} && printf %s {content} > {folder}/app.conf")
    hosts.run(host, f"chown {owner}: {folder}/app.conf && chmod {mode} {folder}/app.conf")
    unit_name = {"unit": unit} if unit else {}
    return Dependant("file", {"path": f"{folder}/app.conf", "pattern": pattern, **unit_name}, str(uuid.uuid4()))


@pytest.mark.anyio
async def test_a_file_learns_the_new_secret_and_stays_what_it_was(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    file = secret_in(host, "/srv/app", "password = {secret}", "", owner=app)
    look = "cd /srv/app/conf && stat -c '%a %U %G' app.conf && ls -A && cat app.conf"
    assert (await keeper.holds(file, Secret("old")), await keeper.holds(file, Secret("new"))) == (True, False)
    hostile = "a'b\"c\\n$(id) %s `x` ü€"
    for new in ("new", hostile):
        for _ in range(2):
            await keeper.update(file, old=Secret("old"), new=Secret(new))
            assert hosts.run(host, look) == (f"640 {app} {app}\napp.conf\nfirst = 1\npassword = {new}\nlast = ü\n")
            assert await keeper.holds(file, Secret(new))
        await keeper.update(file, old=Secret(new), new=Secret("old"))
        assert await keeper.holds(file, Secret("old"))
    with pytest.raises(TargetRefused, match="holds the old secret nowhere"):
        await keeper.update(file, old=Secret("another"), new=Secret("new"))


@pytest.mark.anyio
async def test_extended_attributes_and_rights_stay(host: Host, app: str, keeper: LinuxKeeper) -> None:
    file = secret_in(host, "/srv/app", "{secret}", "")
    path = file.parameters["path"]
    if not os.path.exists(f"{host.root}{path}"):
        raise AssertionError(path)
    os.setxattr(f"{host.root}{path}", "trusted.kept", b"yes")
    await keeper.update(file, old=Secret("old"), new=Secret("new"))
    assert os.getxattr(f"{host.root}{path}", "trusted.kept") == b"yes"


@pytest.mark.anyio
async def test_what_uses_the_file_is_started_again_and_looked_at(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    service = """#!/bin/sh
case $1 in
  restart) grep -q broken /srv/app/conf/app.conf && exit 1; env > /srv/app/env; sleep 3003 & ;;
  status) ! grep -q dies /srv/app/conf/app.conf ;;
esac
"""
    file = secret_in(host, "/srv/app", "password = {secret}", "app.service")
    with pytest.raises(TargetRefused, match="there is no unit app"):
        await keeper.update(file, old=Secret("old"), new=Secret("new"))
    hosts.run(
        host,
        f"mkdir -p /etc/init.d; printf %s {shlex.quote(service)} > /etc/init.d/app; chmod 755 /etc/init.d/app",
    )
    try:
        await keeper.update(file, old=Secret("old"), new=Secret("new"))
        names = {line.partition("=")[0] for line in hosts.run(host, "cat /srv/app/env").splitlines()}
        assert names <= {"PATH", "TERM", "PWD", "OLDPWD", "SHLVL", "_"}
        # The daemon holds neither our lock nor our pipes.
        hosts.run(host, "flock -n /etc true")
        with pytest.raises(TargetRefused, match="can't restart"):
            await keeper.update(file, old=Secret("new"), new=Secret("broken"))
        with pytest.raises(TargetRefused, match="does not run after"):
            await keeper.update(file, old=Secret("broken"), new=Secret("dies"))
        await keeper.update(file, old=Secret("dies"), new=Secret("new"))
        assert await keeper.holds(file, Secret("new"))
    finally:
        hosts.run(host, "pkill -x -f 'sleep 3003'; rm -f /etc/init.d/app; rmdir /etc/init.d", check=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("chmod 777 /srv/app", "others may write to /srv/app/"),
        ("chmod 1777 /srv/app/conf", "others may write to /srv/app/conf/"),
        ("chmod 775 /srv/app/conf", "others may write"),
        ("chown nobody /srv/app", "belongs to another account"),
        ("ln /srv/app/conf/app.conf /srv/app/second", "several names"),
        ("cd /srv/app/conf; mv app.conf real; ln -s real app.conf", "a link leads to it"),
        ("cd /srv/app; mv conf real; ln -s real conf", "a link leads to it"),
        ("rm /srv/app/conf/app.conf", "is not there"),
        ("cd /srv/app/conf; rm app.conf; mkfifo app.conf", "is not a file"),
        ("head -c 40000 /dev/zero > /srv/app/conf/app.conf", "40000 bytes or more"),
        (
            "chattr +i /srv/app/conf/app.conf 2>/dev/null || mount --bind /srv/app/conf /srv/app/conf -o ro",
            "can't be written",
        ),
    ],
)
@pytest.mark.anyio
async def test_a_file_that_others_decide_about_is_refused(
    host: Host, app: str, keeper: LinuxKeeper, change: str, words: str
) -> None:
    file = secret_in(host, "/srv/app", "{secret}", "")
    hosts.run(host, change)
    try:
        with pytest.raises(TargetRefused, match=words):
            await keeper.update(file, old=Secret("old"), new=Secret("new"))
    finally:
        hosts.run(
            host, "chattr -i /srv/app/conf/app.conf; umount /srv/app/conf; chown -R root /srv/app", check=False
        )


@pytest.mark.anyio
async def test_a_file_in_a_home_is_touched_with_its_owners_rights(
    host: Host, app: str, keeper: LinuxKeeper
) -> None:
    file = secret_in(host, f"/home/{app}", "{secret}", "", owner=app)
    with pytest.raises(TargetRefused, match="can't be written"):  # the folder is root's
        await keeper.update(file, old=Secret("old"), new=Secret("new"))
    hosts.run(host, f"chown -R {app}: /home/{app}")
    await keeper.update(file, old=Secret("old"), new=Secret("new"))
    assert hosts.run(host, f"stat -c '%U %G %a' /home/{app}/conf/app.conf; ls -A /home/{app}/conf") == (
        f"{app} {app} 640\napp.conf\n"
    )


@pytest.mark.anyio
async def test_a_file_that_somebody_else_changes_meanwhile_is_not_overwritten(
    host: Host, app: str, keeper: LinuxKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = secret_in(host, "/srv/app", "{secret}", "")

    def slow(*given: object, **named: object) -> bytes:
        hosts.run(host, "echo more >> /srv/app/conf/app.conf")
        return linux_files.replaced(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(linux_accounts, "replaced", slow)
    with pytest.raises(TargetUnreachable, match="changed by somebody else"):
        await keeper.update(file, old=Secret("old"), new=Secret("new"))
    assert hosts.run(host, "tail -n 1 /srv/app/conf/app.conf") == "more\n"
