"""The controllers there are: an operation in a file that is not listed here does not exist."""

from __future__ import annotations

from types import ModuleType

from locum.api import (
    access_control_policy,
    activity,
    activity_session,
    connection_profile,
    credential,
    health,
    log,
    managed_account,
    managed_resource,
    platform,
    signin,
    ssh_key,
)

CONTROLLERS: tuple[ModuleType, ...] = (
    health,
    signin,
    managed_account,
    credential,
    platform,
    managed_resource,
    activity,
    connection_profile,
    access_control_policy,
    activity_session,
    log,
    ssh_key,
)
