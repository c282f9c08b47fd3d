"""Answers of the AWS Marketplace Catalog API, which lives in us-east-1."""

import json
import re

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Entity

HOME = "us-east-1"
_CATALOG = "AWSMarketplace"
_ENTITY_ID = re.compile(r"[\w-]{1,255}")


def check_catalog(ask: Ask) -> None:
    """Raise what the catalog raises elsewhere than in us-east-1, or for another catalog."""
    if ask.region != HOME:
        raise ApiError(
            "ValidationException", f"The catalog is served in {HOME}, not in {ask.region}.", 400
        )
    if ask.params.get("Catalog") != _CATALOG:
        raise ApiError(
            "ResourceNotFoundException", f"Catalog {ask.params.get('Catalog')} does not exist.", 404
        )


def entity_arn(account: str, entity: Entity) -> str:
    """The ARN of an entity; its type without the revision."""
    return f"arn:aws:aws-marketplace:{HOME}:{account}:{_CATALOG}/{entity.type}/{entity.id}"


def _summary(ask: Ask, entity: Entity) -> Answer:
    return {
        "Name": entity.name,
        "EntityType": entity.type,
        "EntityId": entity.id,
        "EntityArn": entity_arn(ask.account.account, entity),
        "LastModifiedDate": entity.modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Visibility": entity.visibility or None,
    }


def list_entities(ask: Ask) -> Answer:
    """The entities of one type."""
    check_catalog(ask)
    wanted = ask.params.get("EntityType")
    if not wanted:
        raise ApiError("ValidationException", "EntityType must not be null", 422)
    entities = [entity for entity in list(ask.account.entities.values()) if entity.type == wanted]
    page, tail = cut(ask, entities, usual=20, most=50)
    return {"EntitySummaryList": [_summary(ask, entity) for entity in page]} | tail


def _described(ask: Ask, entity_id: str) -> Answer:
    entity = ask.account.entities.get(entity_id.split("@", maxsplit=1)[0])
    if entity is None:
        raise ApiError(
            "ResourceNotFoundException",
            f"Entity {entity_id} does not exist in catalog {_CATALOG}.",
            404,
        )
    return {
        "EntityType": f"{entity.type}@1.0",
        "EntityIdentifier": f"{entity.id}@{entity.revision}",
        "EntityArn": entity_arn(ask.account.account, entity),
        "LastModifiedDate": clock.as_iso(entity.modified),
        "Details": json.dumps(entity.details),
        "DetailsDocument": None if entity.text_only else entity.details,
    }


def describe_entity(ask: Ask) -> Answer:
    """One entity with its details, as a document and as text."""
    check_catalog(ask)
    entity_id = ask.params.get("EntityId") or ""
    if not _ENTITY_ID.fullmatch(entity_id.split("@")[0]):
        raise ApiError("ValidationException", "EntityId is not valid", 422)
    return _described(ask, entity_id)


def batch_describe_entities(ask: Ask) -> Answer:
    """Up to twenty entities; those that cannot be read come back as errors beside them."""
    details, errors = {}, {}
    for entry in ask.params.get("EntityRequestList") or []:
        entity_id = entry["EntityId"]
        try:
            details[entity_id] = _described(ask, entity_id)
            del details[entity_id]["Details"]  # only the single call has the text
        except ApiError as error:
            errors[entity_id] = {"ErrorCode": error.code, "ErrorMessage": error.message}
    return {"EntityDetails": details, "Errors": errors}


ANSWERS: dict[str, Handler] = {
    "ListEntities": list_entities,
    "DescribeEntity": describe_entity,
    "BatchDescribeEntities": batch_describe_entities,
}
