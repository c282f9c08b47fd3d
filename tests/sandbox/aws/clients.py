"""Real boto3 clients for the tests of the fake AWS."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.aws.client import FakeAws

ACCOUNT = "123412341234"
EXTERNAL_ID = "an-external-id"
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)


@dataclass(frozen=True)
class Keys:
    """The three parts of AWS credentials."""

    access: str
    secret: str
    token: str | None = None


@cache
def _session() -> botocore.session.Session:
    # One for all tests: it remembers the service models.
    return botocore.session.Session()


def client(
    fake: FakeAws, service: str, keys: Keys, region: str = "us-east-1", *, checks: bool = True
) -> Any:
    """A client of one service that tries once; without `checks` it sends nonsense as it is."""
    return _made(fake.url, service, keys, region, checks)


@cache
def _made(url: str, service: str, keys: Keys, region: str, checks: bool) -> Any:
    # Making a client takes longer than most tests, and the keys of users are the same in each.
    made = _session().create_client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.token,
        config=ONCE.merge(Config(parameter_validation=checks)),
    )
    # S3 Control puts the account in front of the host name, which no resolver knows here.
    made.meta.events.register(
        "before-sign.s3-control", lambda request, **_: _unprefix(url, request)
    )
    return made


def _unprefix(url: str, request: Any) -> None:
    path = request.url.split("/", 3)[3]
    request.url = f"{url}/{path}"


def scanner_keys(fake: FakeAws) -> Keys:
    """The keys of the scanner's own user."""
    environment = fake.environment()
    return Keys(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def admin_keys(fake: FakeAws, account: str = ACCOUNT) -> Keys:
    """The keys of an account's administrator."""
    environment = fake.admin_environment(account)
    return Keys(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def allow(*actions: str) -> dict[str, Any]:
    """A policy that allows these actions."""
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def role_keys(fake: FakeAws, policy: dict[str, Any], account: str = ACCOUNT, **more: Any) -> Keys:
    """The keys of a session of a new scan role with this policy; `more` goes to AssumeRole."""
    arn = fake.create_scan_role(account=account, external_id=EXTERNAL_ID, policy_document=policy)
    return assume(fake, arn, **({"ExternalId": EXTERNAL_ID} | more))


def assume(fake: FakeAws, arn: str, keys: Keys | None = None, **more: Any) -> Keys:
    """The keys of a session of a role."""
    sts = client(fake, "sts", keys or scanner_keys(fake))
    issued = sts.assume_role(RoleArn=arn, **({"RoleSessionName": "tests"} | more))["Credentials"]
    return Keys(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])


def error_of(call: Any, **params: Any) -> tuple[str, int, str]:
    """Code, HTTP status and message of the error that a call raises; ("", 200, "") when it raises none."""
    try:
        call(**params)
    except ClientError as error:
        answer = error.response
        status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
        return answer["Error"]["Code"], status, answer["Error"]["Message"]
    return "", 200, ""


def text(document: dict[str, Any]) -> str:
    """A document as JSON text."""
    return json.dumps(document)
