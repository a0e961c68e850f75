"""The controllers there are: an operation in a file that is not listed here does not exist."""

from __future__ import annotations

from types import ModuleType

from locum.api import (
    access_control_policy,
    activity,
    activity_session,
    api_key,
    app_user_token,
    application_user,
    connection_profile,
    credential,
    health,
    local_user,
    log,
    managed_account,
    managed_resource,
    passkey,
    permission,
    platform,
    recording,
    reviewer,
    role,
    second_factor,
    sign_ins,
    signin,
    signin_policy,
    ssh_key,
)

CONTROLLERS: tuple[ModuleType, ...] = (
    health,
    signin,
    sign_ins,
    signin_policy,
    app_user_token,
    passkey,
    second_factor,
    managed_account,
    local_user,
    application_user,
    api_key,
    credential,
    platform,
    managed_resource,
    activity,
    connection_profile,
    access_control_policy,
    activity_session,
    log,
    permission,
    reviewer,
    role,
    recording,
    ssh_key,
)
