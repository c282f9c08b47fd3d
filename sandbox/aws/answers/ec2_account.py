"""Answers of EC2 about the account: its regions, its block-public-access states, its default encryption."""

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError

# A handful of regions; those that an account has not enabled show only with AllRegions.
REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-east-1",
    "me-south-1",
)
_OPT_IN = {"ap-east-1", "me-south-1"}


def describe_regions(ask: Ask) -> Answer:
    """The enabled regions, or all of them."""
    enabled = ask.account.enabled_regions
    names = (
        [*enabled, *(name for name in REGIONS if name not in enabled)]
        if ask.params.get("AllRegions")
        else enabled
    )
    wanted = ask.params.get("RegionNames")
    if wanted and set(wanted) - set(REGIONS) - set(enabled):
        raise ApiError("InvalidParameterValue", f"Invalid region: {', '.join(wanted)}")
    return {"Regions": [_region(name, enabled) for name in names if not wanted or name in wanted]}


def _region(name: str, enabled: list[str]) -> Answer:
    status = (
        "not-opted-in"
        if name not in enabled
        else "opted-in"
        if name in _OPT_IN
        else "opt-in-not-required"
    )
    return {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}


def get_image_block(ask: Ask) -> Answer:
    """Whether new public images are blocked."""
    return {"ImageBlockPublicAccessState": ask.here.image_block, "ManagedBy": "account"}


def enable_image_block(ask: Ask) -> Answer:
    """Block new public images."""
    ask.here.image_block = ask.params["ImageBlockPublicAccessState"]
    return {"ImageBlockPublicAccessState": ask.here.image_block}


def disable_image_block(ask: Ask) -> Answer:
    """Allow public images again."""
    ask.here.image_block = "unblocked"
    return {"ImageBlockPublicAccessState": "unblocked"}


def get_snapshot_block(ask: Ask) -> Answer:
    """Whether public snapshots are blocked."""
    return {"State": ask.here.snapshot_block, "ManagedBy": "account"}


def enable_snapshot_block(ask: Ask) -> Answer:
    """Block public snapshots, all or new ones."""
    ask.here.snapshot_block = ask.params["State"]
    return {"State": ask.here.snapshot_block}


def disable_snapshot_block(ask: Ask) -> Answer:
    """Allow public snapshots again."""
    ask.here.snapshot_block = "unblocked"
    return {"State": "unblocked"}


def get_ebs_encryption(ask: Ask) -> Answer:
    """Whether new volumes and snapshots are encrypted by default."""
    return {"EbsEncryptionByDefault": ask.here.ebs_encryption}


def enable_ebs_encryption(ask: Ask) -> Answer:
    """Encrypt by default."""
    ask.here.ebs_encryption = True
    return {"EbsEncryptionByDefault": True}


def disable_ebs_encryption(ask: Ask) -> Answer:
    """Do not encrypt by default."""
    ask.here.ebs_encryption = False
    return {"EbsEncryptionByDefault": False}


ANSWERS: dict[str, Handler] = {
    "DescribeRegions": describe_regions,
    "GetImageBlockPublicAccessState": get_image_block,
    "EnableImageBlockPublicAccess": enable_image_block,
    "DisableImageBlockPublicAccess": disable_image_block,
    "GetSnapshotBlockPublicAccessState": get_snapshot_block,
    "EnableSnapshotBlockPublicAccess": enable_snapshot_block,
    "DisableSnapshotBlockPublicAccess": disable_snapshot_block,
    "GetEbsEncryptionByDefault": get_ebs_encryption,
    "EnableEbsEncryptionByDefault": enable_ebs_encryption,
    "DisableEbsEncryptionByDefault": disable_ebs_encryption,
}
