"""The IAM policy language: documents read, decisions made, grants found; pure and self-contained."""

from scanner.policy.actions import (
    AGREEMENTS,
    ASKED_OF_ALL,
    BUYER_SPEND,
    CAS_CALL,
    ESCALATE,
    FINANCE_WRITE,
    LEGACY,
    LOG_CHANGES,
    METER,
    METER_AMI,
    METER_CONTAINER,
    METER_SAAS,
    NEVER_EXISTED,
    PORTAL_CORE,
    PORTAL_MANAGEMENT,
    PORTAL_PATTERN,
    PORTAL_WRITE,
    PSC_CALL,
    QUEUE_READS,
    RETIRED,
    has_resource_types,
    is_within,
)
from scanner.policy.administration import administers
from scanner.policy.conditions import Condition
from scanner.policy.decide import Decision, Policies, Request, decide
from scanner.policy.document import Malformed, Policy, parse
from scanner.policy.excerpt import lines_of, pretty
from scanner.policy.grants import NOTHING, Grant, Granted, allows, by_wildcard, granted
from scanner.policy.index import services_of
from scanner.policy.judgement import Because
from scanner.policy.match import action_matches
from scanner.policy.principals import Principal
from scanner.policy.restrictions import restricts
from scanner.policy.statement import Statement

__all__ = [
    "AGREEMENTS",
    "ASKED_OF_ALL",
    "BUYER_SPEND",
    "CAS_CALL",
    "ESCALATE",
    "FINANCE_WRITE",
    "LEGACY",
    "LOG_CHANGES",
    "METER",
    "METER_AMI",
    "METER_CONTAINER",
    "METER_SAAS",
    "NEVER_EXISTED",
    "NOTHING",
    "PORTAL_CORE",
    "PORTAL_MANAGEMENT",
    "PORTAL_PATTERN",
    "PORTAL_WRITE",
    "PSC_CALL",
    "QUEUE_READS",
    "RETIRED",
    "Because",
    "Condition",
    "Decision",
    "Grant",
    "Granted",
    "Malformed",
    "Policies",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "action_matches",
    "administers",
    "allows",
    "by_wildcard",
    "decide",
    "granted",
    "has_resource_types",
    "is_within",
    "lines_of",
    "parse",
    "pretty",
    "restricts",
    "services_of",
]
