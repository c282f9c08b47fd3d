"""Facts from the Marketplace Catalog: the seller's products and the images of their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class VersionImage:
    """One AMI source of a product version, as DescribeEntity names it."""

    image: str
    architecture: str = ""
    operating_system: str = ""
    user_name: str = ""
    scanning_port: int | None = None
    fpga_images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecommendedRule:
    """A security group rule that a listing recommends; "-1" is every protocol, None every port."""

    protocol: str
    from_port: int | None
    to_port: int | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """One way in which a version is delivered, as buyers see it."""

    id: str
    title: str
    visibility: str
    rules: tuple[RecommendedRule, ...] = ()
    access_protocol: str = ""
    has_usage_text: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an AMI or container product."""

    id: str
    title: str
    status: str
    images: tuple[VersionImage, ...] = ()
    options: Listed[DeliveryOption] = ()


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One control of an assessment: PASS, FAIL, NOT_EXECUTED or EXEMPTION_PASS."""

    control: str
    result: str
    errors: tuple[str, ...] = ()
    """Error codes with their messages."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict of AWS Marketplace on a product (ListAssessments, DescribeAssessment).

    `framework` is versioned, such as AMISecurity@1.0; `result` is PASS or FAIL; `option` is the id
    of the delivery option that was looked at.
    """

    id: str
    arn: str
    framework: str
    entity: str
    option: str
    result: str
    created: datetime | None
    expires: datetime | None
    controls: Listed[ControlResult]


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that did not succeed, with AWS's reasons."""

    id: str
    name: str
    status: str
    failure: str
    """CLIENT_ERROR or SERVER_FAULT."""
    started: datetime | None
    ended: datetime | None
    entities: tuple[str, ...] = ()
    intent: Observed[str] = ""
    errors: Listed[str] = ()
    """Error codes with their messages."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product entity; `versions` is filled for AMI and container products only."""

    id: str
    arn: str
    type: str
    """AmiProduct, SaaSProduct, ContainerProduct, ... as ListEntities spells it."""
    name: str
    visibility: str
    versions: Listed[Version] = ()
    code: str = ""
    """The product code, which ends the names of the product's topics."""
    assessments: Listed[Assessment] = ()

    @property
    def key(self) -> str:
        """The entity's ARN."""
        return self.arn


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """All that was read of the catalog."""

    products: Listed[Product]
    failures: Listed[ChangeSet]
    """Change sets of the last 90 days that failed."""
