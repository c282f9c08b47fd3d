"""Answers of S3 Control: Block Public Access of the account, kept in our own state."""

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def get_public_access_block(ask: Ask) -> Answer:
    """The account's four flags, if they were ever set."""
    _require_own(ask)
    flags = ask.account.public_access_block
    if flags is None:
        raise ApiError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
        )
    return {"PublicAccessBlockConfiguration": dict(flags)}


def put_public_access_block(ask: Ask) -> Answer:
    """Set all four flags; one that is left out is off."""
    _require_own(ask)
    asked = ask.params.get("PublicAccessBlockConfiguration") or {}
    ask.account.public_access_block = {name: bool(asked.get(name)) for name in FLAGS}
    return {}


def delete_public_access_block(ask: Ask) -> Answer:
    """Forget the flags."""
    _require_own(ask)
    ask.account.public_access_block = None
    return {}


def _require_own(ask: Ask) -> None:
    if ask.params.get("AccountId") != ask.account.account:
        raise ask.denied("because the account is another one")


ANSWERS: dict[str, Handler] = {
    "GetPublicAccessBlock": get_public_access_block,
    "PutPublicAccessBlock": put_public_access_block,
    "DeletePublicAccessBlock": delete_public_access_block,
}
