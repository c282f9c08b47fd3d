"""Answers of S3 where moto is wrong or incomplete; buckets themselves are moto's."""

import json
from typing import Any

from moto.backends import get_backend

from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.conditions import as_list
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError

_NARROWING = (
    "aws:sourcearn", "aws:sourceaccount", "aws:principalorgid", "aws:principalarn", "aws:principalaccount",
    "aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "s3:dataaccesspointaccount",
)  # fmt: skip


# Answered wherever the bucket is.
_ANYWHERE = {"CreateBucket", "GetBucketLocation", "ListBuckets"}
_MOST_BUCKETS = 10_000
_US_EAST = "us-east-1"
_ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def _backend(account: str) -> Any:
    return get_backend("s3")[account]["aws"]


def _owner(name: str) -> str:
    """The account that a bucket belongs to; empty for a name that nobody took."""
    held: Any = get_backend("s3")
    return str(held.bucket_accounts.get(name, ("", ""))[1])


def _bucket(ask: Ask) -> Any | None:
    return _backend(ask.account.account).buckets.get(ask.params["Bucket"])


def require_reachable(ask: Ask) -> None:
    """Refuse a bucket of another account, and send who asks in the wrong region to the right one."""
    name = ask.params.get("Bucket")
    if not name or ask.operation == "CreateBucket":
        return
    if _owner(name) not in {"", ask.account.account}:
        raise ask.denied(f'on resource: "arn:aws:s3:::{name}" because no bucket policy allows it')
    bucket = _bucket(ask)
    if bucket is not None and ask.operation not in _ANYWHERE and bucket.region_name != ask.region:
        raise ApiError(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint.",
            301,
            {"x-amz-bucket-region": bucket.region_name},
        )


def list_buckets(ask: Ask) -> Answer:
    """The account's buckets; with their regions, as on AWS, for who asks with any parameter."""
    told = bool(ask.params)
    region, prefix = ask.params.get("BucketRegion"), ask.params.get("Prefix") or ""
    held = sorted(_backend(ask.account.account).buckets.values(), key=lambda one: str(one.name))
    found = [
        one for one in held if one.name.startswith(prefix) and region in {None, "", one.region_name}
    ]
    page, tail = cut(ask, found, usual=None, most=_MOST_BUCKETS)
    buckets = [
        {"Name": one.name, "CreationDate": one.creation_date.replace(microsecond=0)}
        | ({"BucketRegion": one.region_name} if told else {})
        for one in page
    ]
    return {"Buckets": buckets, "Owner": {"ID": ask.account.account.rjust(64, "0")}} | tail


def create_bucket(ask: Ask) -> Answer | None:
    """Make a bucket as AWS has made them since April 2023: closed to the public, without ACLs."""
    name = ask.params["Bucket"]
    backend = _backend(ask.account.account)
    asked = (ask.params.get("CreateBucketConfiguration") or {}).get("LocationConstraint") or ""
    if _owner(name) or ask.region not in {_US_EAST, asked}:
        return FORWARD
    bucket = backend.create_bucket(name, "eu-west-1" if asked == "EU" else asked or _US_EAST)
    bucket.ownership_rule = ask.params.get("ObjectOwnership") or "BucketOwnerEnforced"
    backend.put_public_access_block(name, _ALL_BLOCKED)
    if ask.params.get("ObjectLockEnabledForBucket"):
        bucket.object_lock_enabled, bucket.versioning_status = True, "Enabled"
    return {"Location": f"/{name}"}


def put_bucket_policy(ask: Ask) -> Answer | None:
    """Refuse what is no policy of this bucket; moto takes any text."""
    name = ask.params["Bucket"]
    try:
        document = json.loads(ask.params.get("Policy") or "")
        named = [one.get("Resource") for one in as_list(document["Statement"])]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ApiError("MalformedPolicy", "Policies must be valid JSON with Statement.") from error
    own = f"arn:aws:s3:::{name}"
    for resource in (str(one) for some in named for one in as_list(some)):
        if not resource.startswith(own) or resource.removeprefix(own)[:1] not in {"", "/", "*"}:
            raise ApiError("MalformedPolicy", "Policy has invalid resource")
    return FORWARD


def get_bucket_versioning(ask: Ask) -> Answer | None:
    """The state of versioning; a bucket that never had versions says nothing of it."""
    bucket = _bucket(ask)
    if bucket is None or not bucket.versioning_status:
        return FORWARD if bucket is None else {}
    needs_mfa = ask.params["Bucket"] in ask.account.mfa_delete
    answer = {"Status": bucket.versioning_status}
    return answer | ({"MFADelete": "Enabled"} if needs_mfa else {})


def put_bucket_versioning(ask: Ask) -> Answer | None:
    """Keep whether deleting takes MFA, which moto forgets; it takes MFA to say so."""
    name, bucket = ask.params["Bucket"], _bucket(ask)
    wanted = (ask.params.get("VersioningConfiguration") or {}).get("MFADelete")
    if bucket is None or wanted is None:
        return FORWARD
    if not ask.params.get("MFA"):
        raise ApiError("AccessDenied", "Mfa Authentication must be used for this request", 403)
    kept = [one for one in ask.account.mfa_delete if one != name]
    ask.account.mfa_delete = [*kept, name] if wanted == "Enabled" else kept
    return FORWARD


def get_object_lock_configuration(ask: Ask) -> Answer | None:
    """The lock with its default retention in the unit that was set; moto adds the other as 0."""
    bucket = _bucket(ask)
    if bucket is None or not bucket.object_lock_enabled:
        return FORWARD
    lock: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if bucket.default_lock_mode:
        days, years = bucket.default_lock_days, bucket.default_lock_years
        length = {"Days": int(days)} if days else {"Years": int(years or 0)}
        lock["Rule"] = {"DefaultRetention": {"Mode": bucket.default_lock_mode} | length}
    return {"ObjectLockConfiguration": lock}


def put_object_lock_configuration(ask: Ask) -> Answer | None:
    """Lock a bucket; since November 2023 also one that has objects, which moto refuses."""
    bucket = _bucket(ask)
    if bucket is None or bucket.versioning_status != "Enabled":
        return FORWARD
    asked = ask.params.get("ObjectLockConfiguration") or {}
    default = (asked.get("Rule") or {}).get("DefaultRetention") or {}
    if bool(default) and ("Days" in default) == ("Years" in default):
        raise ApiError("MalformedXML", "The XML you provided was not well-formed")
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = default.get("Mode", "")
    bucket.default_lock_days, bucket.default_lock_years = (
        default.get("Days", 0),
        default.get("Years", 0),
    )
    return {}


def get_bucket_encryption(ask: Ask) -> Answer | None:
    """SSE-S3 for a bucket that nobody configured, as AWS answers since 2023; moto knows the others."""
    bucket = _bucket(ask)
    if bucket is None or bucket.encryption:
        return FORWARD
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": False,
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def get_bucket_policy_status(ask: Ask) -> Answer | None:
    """Whether the bucket's policy lets everybody in; moto answers when there is no policy."""
    bucket = _bucket(ask)
    if bucket is None or not bucket.policy:
        return FORWARD
    document = json.loads(bucket.policy)
    return {
        "PolicyStatus": {
            "IsPublic": any(
                _is_public(statement) for statement in as_list(document.get("Statement"))
            )
        }
    }


def _is_public(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    everyone = (
        "NotPrincipal" in statement
        or principal == "*"
        or (isinstance(principal, dict) and "*" in as_list(principal.get("AWS")))
    )
    keys = {key.lower() for block in (statement.get("Condition") or {}).values() for key in block}
    return everyone and not keys & set(_NARROWING)


ANSWERS: dict[str, Handler] = {
    "ListBuckets": list_buckets,
    "CreateBucket": create_bucket,
    "PutBucketPolicy": put_bucket_policy,
    "GetBucketVersioning": get_bucket_versioning,
    "PutBucketVersioning": put_bucket_versioning,
    "GetObjectLockConfiguration": get_object_lock_configuration,
    "PutObjectLockConfiguration": put_object_lock_configuration,
    "GetBucketEncryption": get_bucket_encryption,
    "GetBucketPolicyStatus": get_bucket_policy_status,
}
