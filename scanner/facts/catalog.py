"""Facts from the Marketplace Catalog: the seller's products and the images of their versions."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.vocabulary import Listed


@dataclass(frozen=True, slots=True)
class VersionImage:
    """One AMI source of a product version, as DescribeEntity names it."""

    image: str
    architecture: str = ""
    operating_system: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an AMI product."""

    id: str
    title: str
    status: str
    images: tuple[VersionImage, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A product entity; `versions` is filled for AMI products only."""

    id: str
    arn: str
    type: str
    """AmiProduct, SaaSProduct, ContainerProduct, ... as ListEntities spells it."""
    name: str
    visibility: str
    versions: Listed[Version] = ()

    @property
    def key(self) -> str:
        """The entity's ARN."""
        return self.arn


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """All that was read of the catalog."""

    products: Listed[Product]
