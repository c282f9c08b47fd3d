"""Answers of EC2 about snapshots."""

from collections.abc import Iterator

from sandbox.aws.answers.ec2_filters import keep
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Snapshot

_FILTERABLE = {
    "Description", "Encrypted", "OwnerId", "Progress", "SnapshotId", "StartTime", "State", "StorageTier",
    "VolumeId", "VolumeSize",
}  # fmt: skip


def describe_snapshots(ask: Ask) -> Answer:
    """The snapshots that the caller may restore, narrowed by owner, by whom else may restore them, by filters."""
    wanted = ask.params.get("SnapshotIds") or []
    if wanted and "MaxResults" in ask.params:
        raise ApiError(
            "InvalidParameterCombination",
            "The parameter snapshotSet cannot be used with the parameter maxResults",
        )
    visible = [(shot, public) for shot, public in _visible(ask) if not wanted or shot.id in wanted]
    missing = set(wanted) - {shot.id for shot, _ in visible}
    if missing:
        raise ApiError("InvalidSnapshot.NotFound", f"The snapshot '{min(missing)}' does not exist.")
    shown = [shot for shot, public in visible if _asked_for(ask, shot, public=public)]
    items = keep(
        [snapshot_answer(shot) for shot in shown], ask.params.get("Filters") or [], _FILTERABLE
    )
    page, tail = cut(ask, items, usual=None, least=5)
    return {"Snapshots": list(page)} | tail


def _visible(ask: Ask) -> Iterator[tuple[Snapshot, bool]]:
    me = ask.account.account
    for account in list(ask.world.accounts.values()):
        region = account.region(ask.region)
        blocked = region.snapshot_block == "block-all-sharing"
        for shot in list(region.snapshots.values()):
            public = "all" in shot.groups and not blocked
            if shot.owner == me or public or me in shot.users:
                yield shot, public


def _asked_for(ask: Ask, shot: Snapshot, *, public: bool) -> bool:
    me = ask.account.account
    owners = ask.params.get("OwnerIds") or []
    if owners and shot.owner not in {me if owner == "self" else owner for owner in owners}:
        return False
    users = {me if user == "self" else user for user in ask.params.get("RestorableByUserIds") or []}
    if not users:
        return True
    return ("all" in users and public) or bool(users & {shot.owner, *shot.users})


def snapshot_answer(shot: Snapshot) -> Answer:
    """A snapshot as DescribeSnapshots prints it."""
    answer: Answer = {
        "SnapshotId": shot.id,
        "OwnerId": shot.owner,
        "StartTime": shot.started,
        "VolumeId": shot.volume,
        "VolumeSize": shot.size,
        "State": shot.state,
        "Progress": "100%",
        "Description": shot.description,
        "Encrypted": shot.encrypted,
        "KmsKeyId": shot.kms_key,
        "StorageTier": "standard",
        "Tags": [{"Key": key, "Value": value} for key, value in shot.tags.items()] or None,
    }
    return answer | shot.overrides


def own_snapshot(ask: Ask) -> Snapshot:
    """The caller's own snapshot named in the request; raises what EC2 raises for unknown and foreign ones."""
    snapshot_id = ask.params["SnapshotId"]
    shot = ask.here.snapshots.get(snapshot_id)
    if shot is not None:
        return shot
    if any(seen.id == snapshot_id for seen, _ in _visible(ask)):
        raise ApiError(
            "AuthFailure", f"You do not have access to the snapshot '{snapshot_id}'", 403
        )
    raise ApiError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def describe_snapshot_attribute(ask: Ask) -> Answer:
    """One attribute of an own snapshot."""
    shot = own_snapshot(ask)
    if ask.params.get("Attribute") == "productCodes":
        codes = [
            {"ProductCodeId": code, "ProductCodeType": "marketplace"} for code in shot.product_codes
        ]
        return {"SnapshotId": shot.id, "ProductCodes": codes}
    permissions = [
        *({"Group": group} for group in shot.groups),
        *({"UserId": user} for user in shot.users),
    ]
    return {"SnapshotId": shot.id, "CreateVolumePermissions": permissions}


ANSWERS: dict[str, Handler] = {
    "DescribeSnapshots": describe_snapshots,
    "DescribeSnapshotAttribute": describe_snapshot_attribute,
}
