"""Change sets name the product, its type and the change."""

from __future__ import annotations

import json

import pytest

from scanner.scope.change_sets import new_version, restriction, update
from scanner.scope.products import Kind


@pytest.mark.parametrize(
    ("document", "change", "kind"),
    [
        (new_version("prod-1", Kind.AMI), "AddDeliveryOptions", "AmiProduct@1.0"),
        (new_version("prod-1", Kind.CONTAINER), "AddDeliveryOptions", "ContainerProduct@1.0"),
        (restriction("prod-1", ("do-1",)), "RestrictDeliveryOptions", "AmiProduct@1.0"),
        (update("prod-1", "do-1", {}), "UpdateDeliveryOptions", "AmiProduct@1.0"),
    ],
)
def test_a_change_set_is_one_change_of_one_product(document: str, change: str, kind: str) -> None:
    (one,) = json.loads(document)
    assert one["ChangeType"] == change
    assert one["Entity"] == {"Type": kind, "Identifier": "prod-1"}
    assert isinstance(one["DetailsDocument"], dict)
