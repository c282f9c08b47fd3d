"""MTR-06: a forged request to an instance with IMDSv1 returns credentials that can bill customers."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.ec2 import Instance
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.remedy import Remedy
from scanner.scope.holder import READ_BY as IAM_READ
from scanner.scope.holder import RoleHolder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.mtr import metering_roles, names_of
from scanner.vocabulary import (
    Listed,
    NotSeen,
    Partial,
    Severity,
    Unobserved,
    derived,
    gaps,
    merged,
    seen,
)

READ = "ec2:DescribeInstances"
ENDED = frozenset({"shutting-down", "terminated"})
MOST_HOPS = 2


def metering_instances(snapshot: Snapshot) -> Listed[Instance]:
    """Instances that exist and whose profile holds a role with metering rights, or may hold one."""
    missing = _missing(snapshot)

    def chosen(instance: Instance) -> list[Instance]:
        if instance.state in ENDED:
            return []
        return [instance] if missing or instance.profile in _roles_by_profile(snapshot) else []

    found = derived(snapshot.ec2.instances, chosen)
    return merged(found, Partial((), missing)) if missing else found


@once_per_snapshot
def _roles_by_profile(snapshot: Snapshot) -> Mapping[str, RoleHolder]:
    """The role behind each instance profile: one at most, EC2 takes no more."""
    listed = seen(metering_roles(snapshot))
    return {profile: role for role in listed for profile in seen(role.role.instance_profiles)}


@once_per_snapshot
def _missing(snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """What may hide that a profile holds a metering role."""
    listed = metering_roles(snapshot)
    profiles = [gap for role in seen(listed) for gap in gaps(role.role.instance_profiles)]
    return tuple(dict.fromkeys((*gaps(listed), *profiles)))


def check(instance: Instance, snapshot: Snapshot) -> Verdict:
    """Pass if tokens are required or the service is off; how far answers travel is a remark."""
    role = _roles_by_profile(snapshot).get(instance.profile)
    hops = "left out" if instance.hop_limit is None else str(instance.hop_limit)
    evidence = [
        Fact("HttpTokens", instance.http_tokens or "left out", READ),
        Fact("HttpEndpoint", instance.http_endpoint or "left out", READ),
        Fact("HttpPutResponseHopLimit", hops, READ),
        Fact("State", instance.state, READ),
    ]
    if instance.hop_limit is not None and instance.hop_limit > MOST_HOPS:
        evidence.append(Fact("Remark", f"answers travel more than {MOST_HOPS} hops", READ))
    if instance.http_endpoint == "disabled":
        return passed(f"The metadata service of {instance.id} is switched off.", *evidence)
    if instance.http_tokens == "required":
        return passed(f"{instance.id} requires IMDSv2.", *evidence)
    if not (instance.http_tokens and instance.http_endpoint):
        detail = f"MetadataOptions of {instance.id}"
        raise NotSeen(Unobserved(READ, "NoValue", instance.region, detail))
    if role is None:
        raise NotSeen(*_missing(snapshot))
    rights = role.grants_or_raises(METER)
    return failed(
        f"{instance.id} answers to IMDSv1 and runs as role {role.name}, which can meter"
        f" ({names_of(rights.actions)}).",
        *evidence,
        Fact("Instance profile", instance.profile, f"{READ}, {IAM_READ}"),
        *role.excerpts(rights, note="These statements are the role's metering."),
        values={
            "instance": instance.id,
            "region": instance.region,
            "template": f"{instance.id}-imdsv2",
        },
    )


REMEDY = Remedy(
    summary="Require IMDSv2 on instance [[instance]].",
    minutes=15,
    console=(
        "See in CloudWatch, metric MetadataNoToken of [[instance]], that nothing on it calls the"
        " metadata service without a token any more.",
        "In EC2, region [[region]], select [[instance]], choose Actions, Instance settings, Modify"
        " instance metadata options, and set IMDSv2 to Required.",
        "Do the same in the launch template or Auto Scaling group that makes such instances.",
    ),
    cli="""\
aws ec2 modify-instance-metadata-options --region [[region]] --instance-id [[instance]] \\
  --http-tokens required --http-endpoint enabled
""",
    cloudformation="""\
# For instances that are launched from now on; the running one is changed by the CLI form.
Resources:
  Metering:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateName: [[template]]
      LaunchTemplateData:
        MetadataOptions:
          HttpTokens: required
          HttpEndpoint: enabled
          HttpPutResponseHopLimit: 1
""",
    terraform="""\
# For instances that are launched from now on; in aws_instance the same block changes a running one.
resource "aws_launch_template" "metering" {
  name = [[template]]
  metadata_options {
    http_tokens                 = "required"
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
  }
}
""",
    breaks=("Old SDKs and scripts on [[instance]] that get no token first stop working.",),
    way_back="aws ec2 modify-instance-metadata-options with --http-tokens optional.",
)

CONTROL = Control(
    module=__name__,
    title="Instances that run the SaaS metering identity require IMDSv2",
    severity=Severity.MEDIUM,
    risk="A forged request in the service reads the role's credentials, and they bill customers.",
    remedy=REMEDY,
    references=(
        Reference(
            "EC2 user guide, configure the Instance Metadata Service",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
        ),
        Reference(
            "Security Hub, EC2.8: EC2 instances should use IMDSv2",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
        ),
        Reference("CIS AWS Foundations Benchmark 3.0, 5.6"),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "ec2.instances"),
    not_applicable_because="No instance has a profile with metering rights.",
    resources=metering_instances,
    check=check,
)
