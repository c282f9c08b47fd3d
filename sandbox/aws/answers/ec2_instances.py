"""Answers of EC2 about instances and FPGA images, from own state."""

from dataclasses import replace

from sandbox.aws.answers.ec2_changes import refuse_making
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import Instance

_CODES = {
    "pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80,
}  # fmt: skip
_MOST_VALUES = 200


def describe_instances(ask: Ask) -> Answer:
    """The instances of this region, each in a reservation of its own."""
    wanted = ask.params.get("InstanceIds") or []
    if wanted and "MaxResults" in ask.params:
        raise ApiError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    for name in wanted:
        _named(ask, name)
    found = [one for one in list(ask.here.instances.values()) if not wanted or one.id in wanted]
    for entry in ask.params.get("Filters") or []:
        values = entry.get("Values") or []
        if len(values) > _MOST_VALUES:
            raise ApiError("FilterLimitExceeded", "The maximum number of filter values is 200")
        found = [one for one in found if _value(one, entry["Name"]) in values]
    page, tail = cut(ask, found, usual=1000, least=5)
    return {"Reservations": [_reservation(ask, one) for one in page]} | tail


def _value(one: Instance, name: str) -> str:
    known = {
        "iam-instance-profile.arn": one.profile,
        "instance-id": one.id,
        "instance-state-name": one.state,
        "image-id": one.image,
        "metadata-options.http-tokens": one.http_tokens,
    }
    if name not in known:
        raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return known[name]


def _reservation(ask: Ask, one: Instance) -> Answer:
    return {
        "ReservationId": f"r-{one.id.removeprefix('i-')}",
        "OwnerId": ask.account.account,
        "Groups": [],
        "Instances": [_instance(one)],
    }


def _instance(one: Instance) -> Answer:
    profile = {"Arn": one.profile, "Id": f"AIPA{one.id.removeprefix('i-').upper()}"}
    return {
        "InstanceId": one.id,
        "ImageId": one.image,
        "InstanceType": one.type,
        "State": {"Code": _CODES[one.state], "Name": one.state},
        "LaunchTime": one.launched,
        "IamInstanceProfile": profile if one.profile else None,
        "MetadataOptions": _options(one),
        "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()] or None,
    }


def _options(one: Instance) -> Answer:
    return {
        "State": "applied",
        "HttpTokens": one.http_tokens,
        "HttpPutResponseHopLimit": one.hop_limit,
        "HttpEndpoint": one.http_endpoint,
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "disabled",
    }


def _named(ask: Ask, name: str) -> Instance:
    found = ask.here.instances.get(name)
    if found is None:
        raise ApiError("InvalidInstanceID.NotFound", f"The instance ID '{name}' does not exist")
    return found


def modify_metadata_options(ask: Ask) -> Answer:
    """Change how an instance answers for its metadata; what is not named stays."""
    one = _named(ask, ask.params["InstanceId"])
    changed = replace(
        one,
        http_tokens=ask.params.get("HttpTokens", one.http_tokens),
        http_endpoint=ask.params.get("HttpEndpoint", one.http_endpoint),
        hop_limit=ask.params.get("HttpPutResponseHopLimit", one.hop_limit),
    )
    ask.here.instances[one.id] = changed
    return {"InstanceId": one.id, "InstanceMetadataOptions": _options(changed)}


def describe_fpga_images(ask: Ask) -> Answer:
    """The FPGA images that the account owns here."""
    page, tail = cut(ask, list(ask.here.fpga_images), usual=None, least=5)
    images = [
        {
            "FpgaImageId": name,
            "FpgaImageGlobalId": name.replace("afi-", "agfi-", 1),
            "OwnerId": ask.account.account,
            "State": {"Code": "available"},
            "Public": False,
        }
        for name in page
    ]
    return {"FpgaImages": images} | tail


ANSWERS: dict[str, Handler] = {
    "DescribeInstances": describe_instances,
    "ModifyInstanceMetadataOptions": modify_metadata_options,
    "DescribeFpgaImages": describe_fpga_images,
    "RunInstances": refuse_making,
}
