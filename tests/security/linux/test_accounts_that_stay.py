"""Accounts that stay, scripts and watched files on real hosts: what a session does to them, and what it leaves."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of, target_of
from linux_user import User, until
from locum.connectors.base import FailureReason, Step, TargetRefused
from locum.connectors.linux import LinuxConnector

pytestmark = pytest.mark.anyio

LOGIN = "dora"


@pytest.fixture
def dora(host: Host) -> Iterator[None]:
    """Somebody's own account, with a key of their own, in one group."""
    hosts.run(
        host,
        f"useradd -m -s /bin/bash {LOGIN}; usermod -aG audio {LOGIN}; mkdir -m 700 /home/{LOGIN}/.ssh;"
        f" echo 'ssh-ed25519 AAAA own' > /home/{LOGIN}/.ssh/authorized_keys; chown -R {LOGIN}: /home/{LOGIN}/.ssh",
    )
    yield
    hosts.run(host, f"pkill -KILL -u {LOGIN}; userdel -r {LOGIN} 2>/dev/null", check=False)


def kept_plan(user: User, kind: str = "own_account", **account: str) -> list[Step]:
    marker = str(uuid.uuid4())
    login = {"login": LOGIN}
    return [
        Step(kind, {**login, **account}, marker),
        Step("authorized_key", {**login, "public_key": f"{user.public_key} locum:{marker}"}, marker),
        Step("group", {**login, "group": "users"}, marker),
        Step("sudoers", {**login, "nopasswd": "true"}, marker),
    ]


async def apply(host: Host, plan: list[Step]) -> list[Step]:
    """As provisioning does: look first; answers the steps as the ledger then has them."""
    done = []
    async with LinuxConnector.connect(target_of(host)) as connection:
        for step in plan:
            seen = replace(step, found=step.found or await connection.look(step))
            await connection.apply(seen)
            done.append(replace(seen, applied=True))
    return done


async def revert(host: Host, plan: list[Step]) -> None:
    async with LinuxConnector.connect(target_of(host)) as connection:
        for step in reversed(plan):
            await connection.revert(step)


def groups(host: Host) -> set[str]:
    return set(hosts.run(host, f"id -Gn {LOGIN}").split())


# ---- a person's own account


async def test_an_own_account_gets_rights_and_loses_them(host: Host, user: User, dora: None) -> None:
    before = state_of(host)
    plan = await apply(host, kept_plan(user))
    assert user.works(plan)
    assert "AAAA own" in hosts.run(host, f"cat /home/{LOGIN}/.ssh/authorized_keys")
    again = await apply(host, plan)
    assert user.works(again)
    for _ in range(2):
        await revert(host, plan)
    assert not user.works(plan)
    assert settled(host, before)


async def test_what_the_person_had_before_is_left_alone(host: Host, user: User, dora: None) -> None:
    before = state_of(host)
    hosts.run(host, f"setsid setpriv --reuid={LOGIN} --regid={LOGIN} --init-groups sleep 4001 >/dev/null 2>&1 &")
    await until(lambda: any(title == "sleep 4001" for _, title in hosts.processes(host)))
    plan = kept_plan(user)
    plan[2] = replace(plan[2], parameters={"login": LOGIN, "group": "audio"})
    plan = await apply(host, plan)
    assert plan[2].found == {"was": "member"}
    await revert(host, plan)
    assert "audio" in groups(host)
    assert any(title == "sleep 4001" for _, title in hosts.processes(host))
    hosts.run(host, "pkill -x -f 'sleep 4001'")
    assert settled(host, before)


async def test_what_the_right_had_opened_ends_with_it(host: Host, user: User, dora: None) -> None:
    """As root by sudo, and with the group that was given."""
    before = state_of(host)
    plan = await apply(host, kept_plan(user))
    user.says(plan, "sudo -n setsid sleep 4002 >/dev/null 2>&1 & setsid sleep 4003 >/dev/null 2>&1 & sleep 0.3")
    titles = [title for _, title in hosts.processes(host)]
    assert {"sleep 4002", "sleep 4003"} <= set(titles)
    await revert(host, plan)
    titles = [title for _, title in hosts.processes(host)]
    assert not {"sleep 4002", "sleep 4003"} & set(titles)
    assert settled(host, before)


async def test_a_shared_right_stays_until_the_last_session_ends(host: Host, user: User, dora: None) -> None:
    """SES-11: whoever came second found the group there, and only because of the first."""
    before = state_of(host)
    first, second = await apply(host, kept_plan(user)), await apply(host, kept_plan(user))
    assert first[2].found == second[2].found == {"was": "none"}
    await revert(host, first)
    assert "users" in groups(host)
    assert user.works(second)
    await revert(host, second)
    assert "users" not in groups(host)
    assert settled(host, before)


async def test_shared_rights_that_end_at_the_same_time_are_gone(host: Host, user: User, dora: None) -> None:
    before = state_of(host)
    plans = [await apply(host, kept_plan(user)) for _ in range(4)]
    await asyncio.gather(*(revert(host, plan) for plan in plans))
    assert settled(host, before)


async def test_any_part_of_it_is_reverted(host: Host, user: User, dora: None) -> None:
    before = state_of(host)
    for count in range(4):
        plan = kept_plan(user)
        applied = await apply(host, plan[:count])
        await revert(host, [*applied, *plan[count:]])
        assert settled(host, before)


@pytest.mark.parametrize("login", ["nosuchlogin", "root", "daemon", "nobody", "locum"])
async def test_an_account_that_is_not_there_or_is_root_is_refused(
    host: Host, user: User, clean: None, login: str
) -> None:
    step = replace(kept_plan(user)[0], parameters={"login": login})
    with pytest.raises(TargetRefused):
        await apply(host, [step])
    await revert(host, [step])


async def test_locum_s_own_account_is_nobody_s(host: Host, clean: None) -> None:
    """Its sudo rule makes it root."""
    for kind in ("own_account", "managed_account"):
        step = Step(kind, {"login": host.account, "create": "false"}, str(uuid.uuid4()))
        with pytest.raises(TargetRefused, match="Locum's own account") as refused:
            await apply(host, [step])
        assert refused.value.reason is FailureReason.ACCESS_DENIED
        await revert(host, [step])


async def test_an_account_of_another_session_is_refused(host: Host, user: User, clean: None) -> None:
    plan = user.plan()
    await apply(host, plan[:1])
    for kind in ("own_account", "managed_account"):
        other = Step(kind, {"login": plan[0].parameters["login"], "create": "true"}, str(uuid.uuid4()))
        with pytest.raises(TargetRefused, match="another session's"):
            await apply(host, [other])
        await revert(host, [other])
    await revert(host, plan[:1])


# ---- a managed account


def expired(host: Host) -> bool:
    return hosts.run(host, f"getent shadow {LOGIN}").split(":")[7] == "1"


async def test_a_managed_account_is_on_for_the_session_alone(host: Host, user: User, dora: None) -> None:
    hosts.run(host, f"usermod --expiredate 1 {LOGIN}")
    before = state_of(host)
    plan = await apply(host, kept_plan(user, "managed_account", create="false"))
    assert user.works(plan)
    user.says(plan, "setsid sleep 4004 >/dev/null 2>&1 & sleep 0.2")
    await revert(host, plan)
    assert expired(host)
    assert not user.works(plan)
    assert settled(host, before)


@pytest.mark.parametrize("delete", ["true", "false"])
async def test_a_managed_account_is_made_and_deleted_where_the_activity_says_so(
    host: Host, user: User, delete: str
) -> None:
    before = state_of(host)
    plan = await apply(host, kept_plan(user, "managed_account", create="true", delete=delete))
    assert user.works(plan)
    await revert(host, plan)
    if delete == "false":
        assert expired(host)
        hosts.run(host, f"userdel -r {LOGIN} 2>/dev/null", check=False)
    assert settled(host, before)


async def test_an_account_that_locum_did_not_make_is_not_deleted(host: Host, user: User, dora: None) -> None:
    plan = await apply(host, kept_plan(user, "managed_account", create="true", delete="true"))
    await revert(host, plan)
    assert expired(host)
    assert "AAAA own" in hosts.run(host, f"cat /home/{LOGIN}/.ssh/authorized_keys")


async def test_a_managed_account_stays_on_while_another_session_uses_it(
    host: Host, user: User, dora: None
) -> None:
    """SES-11."""
    hosts.run(host, f"usermod --expiredate 1 {LOGIN}")
    before = state_of(host)
    first = await apply(host, kept_plan(user, "managed_account"))
    second = await apply(host, kept_plan(user, "managed_account"))
    user.says(second, "setsid sleep 4005 >/dev/null 2>&1 & sleep 0.2")
    await revert(host, first)
    assert user.works(second)
    await revert(host, second)
    assert expired(host)
    assert settled(host, before)


async def test_a_managed_account_that_is_missing_is_refused(host: Host, user: User, clean: None) -> None:
    plan = kept_plan(user, "managed_account", create="false")
    with pytest.raises(TargetRefused, match=f"there is no account {LOGIN}") as refused:
        await apply(host, plan[:1])
    assert refused.value.reason is FailureReason.INVALID_USER_NAME
    await revert(host, plan)


# ---- scripts


def script_of(plan: list[Step], text: str, timeout_s: int = 20, **more: str) -> Step:
    parameters = {"login": plan[0].parameters["login"], "script": text, "user": "Ada L", "host": "web 01", **more}
    return Step("custom_script", parameters, plan[0].marker, timeout_s=timeout_s)


async def run(host: Host, step: Step) -> str:
    async with LinuxConnector.connect(target_of(host)) as connection:
        return await connection.apply(step)


async def test_a_script_runs_as_the_session_s_account_and_knows_its_session(
    host: Host, plan: list[Step], clean: None
) -> None:
    await apply(host, plan[:1])
    login = plan[0].parameters["login"]
    said = await run(
        host, script_of(plan, "id -un; pwd; printenv | grep ^LOCUM | sort; echo error >&2; ls /proc/$$/fd")
    )
    assert said.splitlines() == [
        login,
        f"/home/{login}",
        "LOCUM_HOST=web 01",
        f"LOCUM_LOGIN={login}",
        f"LOCUM_SESSION={plan[0].marker}",
        "LOCUM_USER=Ada L",
        "error",
        *"012",
    ]
    await revert(host, plan[:1])


async def test_a_script_runs_as_whom_the_operator_names(host: Host, plan: list[Step], clean: None) -> None:
    await apply(host, plan[:1])
    assert await run(host, script_of(plan, "id -un", run_as="root")) == "root"
    with pytest.raises(TargetRefused, match="no account nosuchlogin") as refused:
        await run(host, script_of(plan, "id -un", run_as="nosuchlogin"))
    assert refused.value.reason is FailureReason.INVALID_USER_NAME
    await revert(host, plan[:1])


@pytest.mark.parametrize(
    "value",
    [
        "$(touch /tmp/owned)",
        "`touch /tmp/owned`",
        "'; touch /tmp/owned; '",
        '"; touch /tmp/owned; "',
        "%s%n",
        "-n",
    ],
)
async def test_what_a_script_is_told_is_never_a_part_of_it(
    host: Host, plan: list[Step], clean: None, value: str
) -> None:
    """SEC-18."""
    await apply(host, plan[:1])
    step = script_of(plan, 'printf \'%s\\n\' "$LOCUM_USER" "$LOCUM_HOST"', user=value, host=value)
    assert await run(host, step) == f"{value}\n{value}"
    await revert(host, plan[:1])


async def test_a_script_that_fails_says_how(host: Host, plan: list[Step], clean: None) -> None:
    await apply(host, plan[:1])
    with pytest.raises(TargetRefused, match="the script ended with 3") as refused:
        await run(host, script_of(plan, "echo so far; exit 3"))
    assert (refused.value.output, refused.value.reason) == ("so far", FailureReason.UNKNOWN_ERROR)
    await revert(host, plan[:1])


async def test_a_script_that_does_not_end_is_ended(host: Host, plan: list[Step], clean: None) -> None:
    await apply(host, plan[:1])
    begun = time.monotonic()
    with pytest.raises(TargetRefused, match="did not end in 1 s") as refused:
        await run(host, script_of(plan, "echo begun; sleep 4006", timeout_s=1))
    assert time.monotonic() - begun < 10
    assert refused.value.output.startswith("begun")
    assert refused.value.reason is FailureReason.ACTION_TIMEOUT
    await revert(host, plan[:1])


async def test_what_a_script_leaves_running_goes_with_the_account(
    host: Host, plan: list[Step], clean: None
) -> None:
    await apply(host, plan[:1])
    said = await run(host, script_of(plan, "setsid sleep 4007 & echo started", timeout_s=2))
    assert said == "started"
    await revert(host, plan[:1])


async def test_a_flood_of_output_is_cut_and_harmless(host: Host, plan: list[Step], clean: None) -> None:
    await apply(host, plan[:1])
    said = await run(host, script_of(plan, "printf 'a\\033[2Jb\\000c\\n'; yes | head -c 5000000; echo end"))
    assert said.startswith("a [2Jb c\n")
    assert len(said) < 13000
    await revert(host, plan[:1])


@pytest.mark.parametrize("text", ["", "x" * 16385, "a\0b"])
async def test_what_is_no_script_is_refused(host: Host, plan: list[Step], clean: None, text: str) -> None:
    with pytest.raises(TargetRefused, match="a script must have"):
        await run(host, script_of(plan, text))


# ---- watched files


async def test_a_file_is_watched(host: Host, plan: list[Step], clean: None) -> None:
    path = "/var/tmp/watched file; $(id)"
    hosts.run(host, f"echo one > '{path}'")
    watch = Step("file_monitor", {"login": "x", "path": path, "on_mismatch": "fail"}, plan[0].marker)
    async with LinuxConnector.connect(target_of(host)) as connection:
        watch = replace(watch, found=await connection.look(watch))
        assert (await connection.apply(watch)).startswith(f"{path} is 2c8b08da5ce60398e1f19af0e5dccc744df274b8")
        assert await connection.revert(watch) == f"{path} is unchanged"
        hosts.run(host, f"echo two > '{path}'")
        with pytest.raises(TargetRefused, match="was changed: it was 2c8b08da"):
            await connection.revert(watch)
        lenient = replace(watch, parameters={**watch.parameters, "on_mismatch": "warn"})
        assert "was changed" in await connection.revert(lenient)
        hosts.run(host, f"rm '{path}'")
        assert "is gone" in await connection.revert(watch)
        strict = replace(watch, parameters={**watch.parameters, "on_missing": "fail"}, found=None)
        with pytest.raises(TargetRefused, match="is missing"):
            await connection.apply(strict)
        assert "is missing" in await connection.apply(replace(watch, found=None))


async def test_an_account_that_shares_its_uid_is_left_to_a_person(host: Host, user: User, dora: None) -> None:
    """Ending by that uid would hit the other one too."""
    plan = await apply(host, kept_plan(user, "managed_account", create="false"))
    hosts.run(host, f"useradd -o -u $(id -u {LOGIN}) -M twin")
    try:
        with pytest.raises(TargetRefused, match="the account twin has the uid of"):
            await revert(host, plan)
        assert expired(host)
    finally:
        hosts.run(host, "sed -i /^twin:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/subuid /etc/subgid")
    await revert(host, plan)
