"""Policy documents that the seeds share."""

from typing import Any

Document = dict[str, Any]
CAS_ACCOUNT = "452565589796"
TOPIC_OWNER = "287250355862"


def allow(*actions: str, resource: str | list[str] = "*") -> Document:
    """A policy that allows these actions."""
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": resource})


def policy(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusts(*principals: str, external_id: str = "") -> Document:
    """A trust policy for accounts and ARNs."""
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": list(principals)},
        "Action": "sts:AssumeRole",
    }
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return policy(statement)


def trusts_service(name: str, account: str) -> Document:
    """A trust policy for an AWS service acting for this account."""
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"Service": name},
        "Action": "sts:AssumeRole",
    }
    if name == "assets.marketplace.amazonaws.com":
        return policy(statement)
    return policy(statement | {"Condition": {"StringEquals": {"aws:SourceAccount": account}}})


def trusts_web(issuer: str, account: str) -> Document:
    """A trust policy for all workloads of an OpenID Connect provider, whoever runs them."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}},
    }
    return policy(statement)


def account_root(account: str) -> str:
    """The ARN by which a policy names a whole account."""
    return f"arn:aws:iam::{account}:root"


def queue_arn(account: str, name: str, region: str = "us-east-1") -> str:
    """The ARN of a queue."""
    return f"arn:aws:sqs:{region}:{account}:{name}"


def product_topic(kind: str, product_code: str) -> str:
    """The ARN of a product's SNS topic; `kind` is subscription or entitlement."""
    return f"arn:aws:sns:us-east-1:{TOPIC_OWNER}:aws-mp-{kind}-notification-{product_code}"


def accepts_topic(queue: str, topic: str, sid: str = "product-topic") -> Document:
    """The statement that lets one topic send to a queue, as the console writes it."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "SQS:SendMessage",
        "Resource": queue,
        "Condition": {"ArnLike": {"aws:SourceArn": topic}},
    }


def refuses_plain(action: str, resource: str | list[str]) -> Document:
    """The statement by which a queue or a bucket refuses requests without TLS."""
    return {
        "Sid": "tls-only",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def cas_delivery(bucket: str, topic_arn: str, *more: Document, acl: bool = False) -> Document:
    """What the Commerce Analytics delivery role needs; with `acl` it may also write object ACLs."""
    put = ["s3:PutObject", *["s3:PutObjectAcl"] * acl]
    return policy(
        {"Effect": "Allow", "Action": put, "Resource": f"arn:aws:s3:::{bucket}/*"},
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation"],
            "Resource": f"arn:aws:s3:::{bucket}",
        },
        {
            "Effect": "Allow",
            "Action": ["sns:Publish", "sns:GetTopicAttributes"],
            "Resource": topic_arn,
        },
        *more,
    )


def ami_product(title: str, images: dict[str, str]) -> Document:
    """The details of an AmiProduct; `images` maps version titles to AMI ids."""
    return {
        "Description": {
            "ProductTitle": title,
            "ProductCode": "",
            "Visibility": "Public",
            "ShortDescription": title,
        },
        "Versions": [
            _ami_version(number, version, image)
            for number, (version, image) in enumerate(images.items(), 1)
        ],
    }


def _ami_version(number: int, title: str, image: str) -> Document:
    source = {
        "Id": f"source-{number}",
        "Type": "AmazonMachineImage",
        "Image": image,
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "OperatingSystem": {
            "Name": "AMAZONLINUX",
            "Version": "2023",
            "Username": "ec2-user",
            "ScanningPort": 22,
        },
    }
    return {
        "Id": f"version-{number}",
        "VersionTitle": title,
        "ReleaseNotes": title,
        "Sources": [source],
        "DeliveryOptions": [
            {
                "Id": f"delivery-{number}",
                "Type": "AmazonMachineImage",
                "SourceId": f"source-{number}",
                "Visibility": "Public",
            }
        ],
    }
