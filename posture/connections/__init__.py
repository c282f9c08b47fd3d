"""Connecting accounts: external id, role template, test of the role, schedule, pause and goodbye."""

from posture.connections.connecting import (
    ROLE_NAME,
    STACK_NAME,
    begin,
    renew_external_id,
    role_template,
    usual_role_arn,
)
from posture.connections.proving import (
    STEPS,
    ConnectionResult,
    check_principal,
    hand_out_rechecks,
    recheck,
    test,
)
from posture.connections.scheduling import planned, set_schedule
from posture.connections.stopping import disconnect, pause, resume
from posture.connections.wording import InvalidError

__all__ = [
    "ROLE_NAME",
    "STACK_NAME",
    "STEPS",
    "ConnectionResult",
    "InvalidError",
    "begin",
    "check_principal",
    "disconnect",
    "hand_out_rechecks",
    "pause",
    "planned",
    "recheck",
    "renew_external_id",
    "resume",
    "role_template",
    "set_schedule",
    "test",
    "usual_role_arn",
]
