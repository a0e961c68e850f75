"""What is done for an access session on its target: queues of actions, and the work behind them."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated
from uuid import UUID

from locum.api.wire.action import Action, ActionClassification
from locum.api.wire.approval import ManagedAccountType
from locum.api.wire.base import NEVER, Out, Time, later
from locum.api.wire.enums import ActionStatus, SessionStatus
from locum.kit.ids import NIL


class ActionFailureReason(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionFailureReason"

    NO_ERROR = 0
    UNKNOWN_ERROR = 1
    SYSTEM_ERROR = 2
    ACTION_SERVICE_UNAVAILABLE = 3
    ACTION_TIMEOUT = 4
    ACCESS_DENIED = 5
    USER_ALREADY_MEMBEROF_GROUP = 6
    USER_NOT_MEMBER_OF_GROUP = 7
    INVALID_GROUP_NAME = 8
    INVALID_USER_NAME = 9
    INVALID_HOST_NAME = 10
    FAILED_TO_CONNECT = 11


class ActionJobType(IntEnum):
    __contract__ = "SbPAM.Models.ActionJobType"

    NONE = 0
    PROTECTION = 1
    PASSWORD_ROTATION = 2
    PASSWORD_VERIFICATION = 3
    HOST_SCAN = 4
    DOMAIN_SYNC = 5
    DOMAIN_SYNC_TEST = 6
    ACTIVITY_SESSION = 7
    REMOTE_SERVICE_REGISTRATION = 8
    SERVICE_ROTATION = 9
    PASSWORD_ROLLBACK = 10
    DOMAIN_OU_MAPPING = 11
    RESOURCE_CONNECTION_TEST = 12
    WIN_RM_HTTP = 13
    REPORT = 14


class ActionQueueStatusFilter(IntEnum):
    __contract__ = "SbPAM.Models.ActionQueueStatusFilter"

    ALL = 0
    QUEUED_ITEMS = 1
    EXCLUDE_QUEUED_ITEMS = 2


class RecurrenceType(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+RecurrenceType"

    NONE = 0
    MINUTES = 1
    DAILY = 2
    WEEKLY = 3
    MONTHLY = 4


class DayOfWeek(IntEnum):
    __contract__ = "System.DayOfWeek"

    SUNDAY = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6


class ActionQueueAction(Out):
    """One step. `result` is its state in the grant ledger: intended, applied or reverted. `kind` is ours: what is done,
    as a word that is never shown."""

    __contract__ = "SbPAM.Models.ActionQueueAction"

    id: UUID = NIL
    action_queue_id: UUID = NIL
    action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    action_id: UUID = NIL
    action: Action | None = None
    status: ActionStatus = ActionStatus.QUEUED
    job_type: ActionJobType = ActionJobType.ACTIVITY_SESSION
    status_description: str | None = None
    result: str | None = None
    results: str | None = None
    action_queue_action_parameter: Annotated[None, later("SbPAM.Models.ActionQueueActionParameter", many=True)] = (
        None
    )
    action_log: Annotated[None, later("SbPAM.Models.ActionLog", many=True)] = None
    action_service_id: UUID | None = None
    registered_service: Annotated[None, later("SbPAM.Models.RegisteredService")] = None
    start_time: Time = NEVER
    end_time: Time = NEVER
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    heartbeat_utc: Time = NEVER
    complete: bool = False
    kind: str = ""


class ActionQueue(Out):
    __contract__ = "SbPAM.Models.ActionQueue"

    id: UUID = NIL
    action_job_id: UUID | None = None
    run_user_id: UUID | None = None
    time_created: Time = NEVER
    time_started: Time = NEVER
    time_finished: Time = NEVER
    heart_beat_date_time_utc: Time = NEVER
    status: ActionStatus = ActionStatus.QUEUED
    status_description: str | None = None
    failure_reason: ActionFailureReason = ActionFailureReason.NO_ERROR
    action_group_id: UUID = NIL
    action_group: Annotated[None, later("SbPAM.Models.ActionGroup")] = None
    action_queue_action: list[ActionQueueAction] | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ActionQueueSearchResult(Out):
    """`classification` is ours: which part of the session its actions are."""

    __contract__ = "SbPAM.Models.ActionQueueSearchResult"

    id: UUID = NIL
    action_group_id: UUID = NIL
    heart_beat_date_time_utc: Time = NEVER
    start_time_utc: Time = NEVER
    end_time_utc: Time = NEVER
    status: ActionStatus = ActionStatus.QUEUED
    status_description: str | None = None
    action_job_id: UUID | None = None
    job_name: str | None = None
    next_start_date_time_utc: Time | None = None
    recurrence_type: RecurrenceType = RecurrenceType.NONE
    recurrence_type_string: str | None = None
    job_type: ActionJobType = ActionJobType.ACTIVITY_SESSION
    job_type_string: str | None = None
    activity_session_id: UUID | None = None
    activity_name: str | None = None
    activity_session_status: SessionStatus = SessionStatus.PENDING
    host_id: UUID | None = None
    dns_host_name: str | None = None
    user_id: UUID | None = None
    sam_accountname: str | None = None
    managed_resource_id: UUID | None = None
    managed_resource_name: str | None = None
    manage_account_id: UUID | None = None
    managed_account_name: str | None = None
    action_group_name: str | None = None
    classification: ActionClassification = ActionClassification.PRE_SESSION


class ActionJob(Out):
    """The work of one session, under the session's id, or what is done by itself with a credential, whose id is
    `managedObjectId`. The fields from `attempts` on are ours, named as those of the contract's ActionJobSchedule."""

    __contract__ = "SbPAM.Models.ActionJob"

    id: UUID = NIL
    start_date_time_utc: Time = NEVER
    recurrence_interval: int = 0
    recurrence_type: RecurrenceType = RecurrenceType.NONE
    hour: int = 0
    minute: int = 0
    day_of_week: DayOfWeek = DayOfWeek.SUNDAY
    day_of_month: int = 0
    recurrence_count: int = 0
    next_start_time_utc: Time = NEVER
    action_group_id: UUID = NIL
    action_queue_id: UUID | None = None
    action_queue: ActionQueue | None = None
    host_id: UUID | None = None
    user_id: UUID | None = None
    managed_resource_id: UUID | None = None
    domain_id: UUID | None = None
    managed_object_id: UUID | None = None
    managed_object_type: ManagedAccountType = ManagedAccountType.HOST_USER
    type: ActionJobType = ActionJobType.ACTIVITY_SESSION
    name: str | None = None
    disabled: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    schedule_change_policy_id: UUID | None = None
    platform_id: UUID | None = None
    is_recurring: bool = False
    is_cancelled_protection: bool = False
    attempts: int = 0
    last_error: str | None = None
    running: bool = False
    last_run_id: UUID | None = None
    last_run_time_utc: Time | None = None
    last_run_status: ActionStatus | None = None
    recurrence: str | None = None
