"""Which values a profile may have, and when it lets nobody in."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from locum.activities.profile_settings import BOUNDS, NEW, WORKFLOW, check
from locum.kit.errors import Invalid


@pytest.mark.parametrize(("name", "field", "lowest", "highest"), [(n, *bound) for n, bound in BOUNDS.items()])
def test_numbers_have_bounds(name: str, field: str, lowest: int, highest: int) -> None:
    for fits in (lowest, highest):
        check(replace(NEW, **{name: fits}))
    for wrong in (lowest - 1, highest + 1):
        with pytest.raises(Invalid) as error:
            check(replace(NEW, **{name: wrong}))
        assert error.value.field == field


def test_what_needs_what() -> None:
    check(NEW)
    with pytest.raises(Invalid) as error:
        check(replace(NEW, allow_session_extension=True))
    assert error.value.field == "sessionExtensionMinutes"
    check(replace(NEW, allow_session_extension=True, session_extension_minutes=5))
    with pytest.raises(Invalid) as error:
        check(replace(NEW, approval_type=WORKFLOW))
    assert error.value.field == "approvalWorkflowId"
    check(replace(NEW, approval_type=WORKFLOW, approval_workflow_id=uuid4()))


@pytest.mark.parametrize("host", ["gate:1", "10.0.0.1:65535", "a-b.example:4422", "[::1]:22", "[fe80::a]:4489"])
def test_a_proxy_is_a_host_and_a_port(host: str) -> None:
    check(replace(NEW, ssh_proxy_host=host, rdp_proxy_host=host))


@pytest.mark.parametrize("host", ["gate", "gate:", ":22", "gate:0", "gate:65536", "::1:22", "a b:22", "a/b:22",
                                  "a@b:22", "gate:²", "gate:000022", "[]:22"])  # fmt: skip
@pytest.mark.parametrize("field", ["sshProxyHost", "rdpProxyHost"])
def test_anything_else_is_no_proxy(host: str, field: str) -> None:
    changes: dict[str, Any] = {"sshProxyHost": {"ssh_proxy_host": host}, "rdpProxyHost": {"rdp_proxy_host": host}}
    with pytest.raises(Invalid) as error:
        check(replace(NEW, **changes[field]))
    assert error.value.field == field
