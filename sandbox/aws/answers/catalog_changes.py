"""Answers of the Marketplace Catalog that change AMI products, at once; so that a remediation can be tried out."""

import uuid
from collections.abc import Callable
from typing import Any

from sandbox.aws import clock
from sandbox.aws.answers.catalog import HOME, check_catalog
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import ChangeSet

_OPTIONS = "DeliveryOptions"
JsonObject = dict[str, Any]


def start_change_set(ask: Ask) -> Answer:
    """Make changes of the kinds known here, all or none; with the intent VALIDATE none is made."""
    check_catalog(ask)
    changes: list[JsonObject] = ask.params["ChangeSet"]
    intent = ask.params.get("Intent") or "APPLY"
    planned = [step for change in changes for step in _steps(ask, change)]
    if intent == "APPLY":
        for step in planned:
            step()
    made = ChangeSet(
        f"cs-{uuid.uuid4().hex[:25]}",
        ask.params.get("ChangeSetName") or "",
        "SUCCEEDED",
        failure=None,
        intent=intent,
        entities=[one["Entity"]["Identifier"] for one in changes],
        changes=[{"ChangeType": one["ChangeType"], "Entity": one["Entity"]} for one in changes],
        started=clock.now(),
        ended=clock.now(),
    )
    ask.account.change_sets.append(made)
    arn = f"arn:aws:aws-marketplace:{HOME}:{ask.account.account}:AWSMarketplace/ChangeSet/{made.id}"
    return {"ChangeSetId": made.id, "ChangeSetArn": arn}


def _steps(ask: Ask, change: JsonObject) -> list[Callable[[], None]]:
    """What is to be done for a change; raises what the catalog refuses at once."""
    identifier = change["Entity"].get("Identifier", "")
    entity = ask.account.entities.get(identifier.partition("@")[0])
    if entity is None:
        raise ApiError("ResourceNotFoundException", f"Entity {identifier} does not exist.", 404)
    held = {
        option["Id"]: option
        for version in entity.details.get("Versions", ())
        for option in version.get(_OPTIONS, ())
    }
    details: JsonObject = change.get("DetailsDocument") or {}
    if change["ChangeType"] == "RestrictDeliveryOptions":
        return [_restricting(_found(held, one)) for one in details["DeliveryOptionIds"]]
    if change["ChangeType"] == "UpdateDeliveryOptions":
        return [
            _updating(_found(held, one["Id"]), one["Details"]["AmiDeliveryOptionDetails"])
            for one in details[_OPTIONS]
        ]
    raise ApiError("ValidationException", f"No {change['ChangeType']} is made here.", 422)


def _found(held: dict[str, JsonObject], option: str) -> JsonObject:
    if option not in held:
        raise ApiError("ValidationException", f"Delivery option {option} does not exist.", 422)
    return held[option]


def _restricting(option: JsonObject) -> Callable[[], None]:
    return lambda: option.update({"Visibility": "Restricted"})


def _updating(option: JsonObject, said: JsonObject) -> Callable[[], None]:
    """Products spell the members of a rule in another way than change sets do."""
    rules = [
        {
            "Protocol": rule["IpProtocol"],
            "FromPort": rule["FromPort"],
            "ToPort": rule["ToPort"],
            "CidrIps": rule["IpRanges"],
        }
        for rule in said.get("SecurityGroups", ())
    ]
    access = said.get("AccessEndpointUrl")

    def update() -> None:
        if "SecurityGroups" in said:
            option.setdefault("Recommendations", {})["SecurityGroups"] = rules
        if access:
            option.setdefault("Instructions", {})["Access"] = access

    return update


ANSWERS: dict[str, Handler] = {"StartChangeSet": start_change_set}
