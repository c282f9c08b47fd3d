"""Answers of EventBridge that page moto's rules and targets as AWS does."""

from typing import Any

from moto.backends import get_backend

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError

PAGE = 100


def _bus(ask: Ask) -> Any:
    name = (ask.params.get("EventBusName") or "default").rsplit("/", 1)[-1]
    bus = get_backend("events")[ask.account.account][ask.region].event_buses.get(name)
    if bus is None:
        raise ApiError("ResourceNotFoundException", f"Event bus {name} does not exist.")
    return bus


def list_rules(ask: Ask) -> Answer:
    """The rules of a bus."""
    prefix = ask.params.get("NamePrefix") or ""
    rules = [rule for name, rule in list(_bus(ask).rules.items()) if name.startswith(prefix)]
    page, tail = cut(ask, rules, usual=PAGE, most=PAGE)
    return {"Rules": [_rule(rule) for rule in page]} | tail


def _rule(rule: Any) -> Answer:
    return {
        "Name": rule.name,
        "Arn": rule.arn,
        "EventPattern": rule.event_pattern.dump(),
        "State": rule.state,
        "Description": rule.description or None,
        "ScheduleExpression": rule.scheduled_expression or None,
        "RoleArn": rule.role_arn or None,
        "EventBusName": rule.event_bus_name,
    }


def list_targets_by_rule(ask: Ask) -> Answer:
    """The targets of a rule."""
    rule = _bus(ask).rules.get(ask.params["Rule"])
    if rule is None:
        raise ApiError(
            "ResourceNotFoundException",
            f"Rule {ask.params['Rule']} does not exist on EventBus default.",
        )
    page, tail = cut(ask, list(rule.targets), usual=PAGE, most=PAGE)
    return {"Targets": list(page)} | tail


ANSWERS: dict[str, Handler] = {"ListRules": list_rules, "ListTargetsByRule": list_targets_by_rule}
