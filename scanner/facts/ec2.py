"""EC2 facts: images, snapshots, who they are shared with, and the regional sharing blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scanner.vocabulary import HOME_REGION, Listed, Observed


@dataclass(frozen=True, slots=True)
class BlockDevice:
    """One mapping of an image; an ephemeral one has a virtual name and no snapshot."""

    device: str
    snapshot: str = ""
    size: int | None = None
    """GiB."""
    encrypted: bool | None = None
    kms_key: str = ""
    virtual_name: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One launch or create-volume permission: exactly one of the fields is set."""

    user: str = ""
    group: str = ""
    organization: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An AMI that the account owns; empty texts stand for fields that AWS left out."""

    id: str
    arn: str
    region: str
    owner: str
    label: str
    state: str
    public: bool | None
    architecture: str
    virtualization: str
    root_device_type: str
    image_type: str
    created: datetime | None
    launch_permissions: Listed[Grant]
    devices: tuple[BlockDevice, ...] = ()
    imds_support: str = ""
    deprecation: datetime | None = None
    source_image: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The image's ARN, with region and account."""
        return self.arn

    @property
    def name(self) -> str:
        """The image id, which people search for."""
        return self.id


@dataclass(frozen=True, slots=True)
class EbsSnapshot:
    """An EBS snapshot that the account owns."""

    id: str
    arn: str
    region: str
    encrypted: bool | None
    volume_size: int | None
    started: datetime | None
    volume_permissions: Listed[Grant]
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The snapshot's ARN, with region and account."""
        return self.arn

    @property
    def name(self) -> str:
        """The snapshot id, which people search for."""
        return self.id


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance with a profile that may meter; empty texts are fields that AWS left out."""

    id: str
    arn: str
    region: str
    state: str
    profile: str
    """ARN of its instance profile."""
    http_tokens: str
    http_endpoint: str
    hop_limit: int | None

    @property
    def key(self) -> str:
        """The instance's ARN."""
        return self.arn

    @property
    def name(self) -> str:
        """The instance id, which people search for."""
        return self.id


@dataclass(frozen=True, slots=True)
class Ec2Facts:
    """All that was read of EC2; the maps go from region name to what that region said.

    `instances` are those whose profile holds a role with metering rights, in all regions.
    """

    regions: Listed[str]
    images: Listed[Image]
    snapshots: Listed[EbsSnapshot]
    instances: Listed[Instance]
    fpga_images: Listed[str]
    """Ids of own FPGA images in us-east-1."""
    snapshot_block: Mapping[str, Observed[str]] = field(default_factory=dict)
    image_block: Mapping[str, Observed[str]] = field(default_factory=dict)
    encrypts_by_default: Mapping[str, Observed[bool]] = field(default_factory=dict)

    @property
    def home_default_encryption(self) -> Observed[bool] | None:
        """EbsEncryptionByDefault of us-east-1, where images are built for Marketplace."""
        return self.encrypts_by_default.get(HOME_REGION)
