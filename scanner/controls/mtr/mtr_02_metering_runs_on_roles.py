"""MTR-02: whoever finds a key of a metering user can bill your customers."""

from __future__ import annotations

import json
from datetime import timedelta

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.remedy import Remedy
from scanner.scope.credentials import Credentials
from scanner.scope.mtr import metering_users
from scanner.scope.staleness import key_age, key_fact, query_for
from scanner.vocabulary import NotSeen, Severity


def check(user: Credentials, snapshot: Snapshot) -> Verdict:
    """One young key is medium; an old one, several, or one of unknown age is high."""
    keys = user.active_keys()
    hidden = user.hidden_keys()
    if not keys and (hidden or user.unconfirmed):
        raise NotSeen(*hidden, *user.unconfirmed)
    if not keys:
        advice = Fact("Advice", "take the metering rights from the user, or remove the user")
        return passed(f"User {user.name} has no active access key.", advice)
    rights = user.holder.grants_or_raises(METER)
    limit = timedelta(days=snapshot.profile.key_max_age_days)
    ages = [key_age(key, snapshot.now) for _, key in keys]
    young = len(keys) == 1 and not hidden and ages[0] is not None and ages[0] <= limit
    names = sorted(action.partition(":")[2] for action in rights.actions)
    what = "an access key" if len(keys) == 1 else "two access keys, the older"
    oldest = max((age.days for age in ages if age is not None), default=None)
    age = "of unknown age" if oldest is None else f"made {oldest} days ago"
    facts = [key_fact(number, key) for number, key in keys]
    facts += [Fact("More keys", gap.detail, gap.action) for gap in hidden]
    pieces = user.holder.excerpts(rights, note="These statements let the user meter.")
    statement = {"Effect": "Allow", "Action": sorted(rights.actions), "Resource": "*"}
    values = {
        "user": user.name,
        "keys": query_for([key for _, key in keys]),
        "document": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    return failed(
        f"User {user.name} can call {', '.join(names)} with {what} {age}.",
        *facts,
        *pieces,
        severity=Severity.MEDIUM if young else Severity.HIGH,
        values=values,
    )


REMEDY = Remedy(
    summary="Run the metering on a role instead of the keys of user [[user]].",
    minutes=60,
    console=(
        "In IAM open Roles, Create role, and choose the service that runs the metering.",
        "Add an inline policy with the document of the CLI form, and give the role to the function,"
        " task or instance. Outside AWS use IAM Roles Anywhere or an OIDC provider.",
        "Let both run for a day and see that metering records still arrive.",
        "Open Users, [[user]], Security credentials, deactivate the access keys, later delete them.",
    ),
    cli="""\
cat > metering.json <<'POLICY'
[[document|json]]
POLICY
service=lambda.amazonaws.com # or ecs-tasks.amazonaws.com, ec2.amazonaws.com
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"'$service'"},"Action":"sts:AssumeRole"}]}'
aws iam create-role --role-name marketplace-metering --assume-role-policy-document "$trust"
aws iam put-role-policy --role-name marketplace-metering --policy-name metering \\
  --policy-document file://metering.json

# When metering has run on the role for a day:
for key in $(aws iam list-access-keys --user-name [[user]] --query [[keys]] --output text); do
  aws iam update-access-key --user-name [[user]] --access-key-id "$key" --status Inactive
done
""",
    cloudformation="""\
# Give the role to your function, task or instance, then deactivate the user's keys.
Parameters:
  Service:
    Type: String
    Default: lambda.amazonaws.com
    AllowedValues: [lambda.amazonaws.com, ecs-tasks.amazonaws.com, ec2.amazonaws.com]
Resources:
  MarketplaceMetering:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: {Ref: Service}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: metering
          PolicyDocument:
            [[document|json]]
""",
    terraform="""\
# Give the role to your function, task or instance, then deactivate the user's keys.
variable "service" {
  type    = string
  default = "lambda.amazonaws.com"
}

resource "aws_iam_role" "marketplace_metering" {
  name = "marketplace-metering"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.service }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "metering" {
  name   = "metering"
  role   = aws_iam_role.marketplace_metering.id
  policy = <<-POLICY
    [[document|json]]
  POLICY
}
""",
    breaks=(
        "Without BatchMeterUsage usage is not billed; without ResolveCustomer sign-ups fail.",
        "Deploy the role first: whatever still signs with the keys of [[user]] stops.",
    ),
    way_back="aws iam update-access-key with --status Active, as long as the key is not deleted.",
)

CONTROL = Control(
    module=__name__,
    title="Metering runs on roles, not on long-lived keys",
    severity=Severity.HIGH,
    risk="A leaked key sends metering records, and your customers get the bill.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.14 and 1.18"),
    ),
    reads=("iam.users", "iam.groups", "iam.policies", "iam.report"),
    not_applicable_because="No IAM user has metering or entitlement rights.",
    resources=metering_users,
    check=check,
)
