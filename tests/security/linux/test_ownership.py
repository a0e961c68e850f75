"""Only what is proved to be ours is removed, and all of it, however damaged."""

from __future__ import annotations

import pytest
from demo.hosts import Host

from connectors.conformance import Subject, apply_all, revert_all
from demo import hosts
from hosts import settled, state_of
from linux_user import User, login_of
from locum.connectors.base import Step, TargetRefused

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "damage",
    [
        "sed -i /^{l}:/d /etc/passwd",
        "sed -i /^{l}:/d /etc/shadow",
        "sed -i /^{l}:/d /etc/passwd /etc/shadow",
        "sed -i /^{l}:/d /etc/passwd; groupdel {l}",
        "sed -i /^{l}:/d /etc/group /etc/gshadow",
        "userdel {l}",
        "rm -r /home/{l}",
        "userdel {l}; sed -i /made/d /var/lib/locum/{m}",
        "usermod -l renamed {l}",
        "usermod -c changed {l}",
        "usermod -d /etc -s /bin/false -aG sudo {l}",
    ],
)
async def test_half_an_account_is_reverted(
    host: Host, plan: list[Step], subject: Subject, clean: None, damage: str
) -> None:
    """What a host that lost power inside useradd or userdel may show, and what root may have done to it."""
    await apply_all(subject, plan)
    hosts.run(host, damage.format(l=login_of(plan), m=plan[0].marker))
    await revert_all(subject, plan)


@pytest.mark.parametrize(
    "damage", ["userdel {l}", "userdel -r {l}; mkdir /home/{l}; touch /home/{l}/half", "rm -r /home/{l}/.*rc"]
)
async def test_half_an_account_is_made_whole(
    host: Host, user: User, plan: list[Step], subject: Subject, clean: None, damage: str
) -> None:
    await apply_all(subject, plan[:1])
    hosts.run(host, damage.format(l=login_of(plan)) + f"; sed -i /made/d /var/lib/locum/{plan[0].marker}")
    await apply_all(subject, plan)
    assert user.works(plan)
    assert ".bashrc" in hosts.run(host, f"ls -A /home/{login_of(plan)}")
    await revert_all(subject, plan)


@pytest.mark.parametrize(
    ("damage", "repair", "words"),
    [
        ("sed -i 's/^{l}:x:[0-9]*/{l}:x:0/' /etc/passwd", "", "uid of .* was changed from 6?[0-9]* to 0"),
        ("sed -i 's/^{l}:x:[0-9]*/{l}:x:1/' /etc/passwd", "", "uid of .* was changed"),
        ("useradd -o -u {u} twin", "userdel -f twin", "the account twin has the uid"),
    ],
)
async def test_a_uid_that_may_be_somebody_elses_is_not_cleaned_up(
    host: Host, plan: list[Step], subject: Subject, damage: str, repair: str, words: str
) -> None:
    before = state_of(host)
    await apply_all(subject, plan[:1])
    login = login_of(plan)
    uid = hosts.run(host, f"id -u {login}").strip()
    hosts.run(host, damage.format(l=login, u=uid))
    with pytest.raises(TargetRefused, match=words):
        await revert_all(subject, plan)
    assert login in hosts.run(host, "cat /etc/passwd")
    hosts.run(host, repair or f"sed -i 's/^{login}:x:[0-9]*/{login}:x:{uid}/' /etc/passwd")
    await revert_all(subject, plan)
    assert settled(host, before)


@pytest.mark.parametrize(
    ("make", "unmake", "words"),
    [
        ("groupadd {l}", "groupdel {l}", "a group named .* exists"),
        ("mkdir /home/{l}; touch /home/{l}/kept", "rm -r /home/{l}", "home/.* exists and is not this session's"),
        ("ln -s /root /home/{l}", "rm /home/{l}", "home/.* exists and is not this session's"),
    ],
)
async def test_what_only_shares_the_name_is_not_touched(
    host: Host, plan: list[Step], subject: Subject, clean: None, make: str, unmake: str, words: str
) -> None:
    hosts.run(host, make.format(l=login_of(plan)))
    before = state_of(host)
    with pytest.raises(TargetRefused, match=words):
        await apply_all(subject, plan)
    await revert_all(subject, plan)
    assert state_of(host) == before
    hosts.run(host, unmake.format(l=login_of(plan)))


async def test_uids_are_not_given_again_and_do_not_move_the_next_one(
    host: Host, user: User, subject: Subject, clean: None
) -> None:
    uids = set()
    for _ in range(3):
        plan = user.plan()
        await apply_all(subject, plan[:1])
        uids.add(int(hosts.run(host, f"id -u {login_of(plan)}")))
        assert hosts.run(host, "useradd next; id -u next; userdel next").strip() == "1001"
        await revert_all(subject, plan[:1])
    assert len(uids) == 3
    assert all(65536 <= uid <= 99999 for uid in uids)
