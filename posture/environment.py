"""Typed readers of the environment that refuse nonsense with one line and end the process.

`NAME_FILE` may name a file that holds the value of a secret (the way of container secrets). A
refusal goes to stderr as one line that names the variable and the remedy; the exit code is 2.
"""

import base64
import binascii
import os
import re
import sys
from collections.abc import Collection, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

import environ

_TRUE, _FALSE = {"1", "on", "true", "yes"}, {"0", "off", "false", "no", ""}
_ROLE_OR_USER = re.compile(r"arn:aws(-[a-z]+)*:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)\Z")
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]\Z")
_PREFIX = re.compile(r"(?:[\w!*'()-][\w!.*'()-]*/?)*\Z", re.ASCII)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}\Z|us-east-1\Z|auto\Z")
_KMS_KEY = re.compile(r"arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:(key|alias)/[\w/-]+\Z", re.ASCII)
_URLSAFE = str.maketrans("-_", "+/")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_PEPPER = re.compile(r"(?P<number>[1-9]\d{0,4}):(?P<hex>[0-9a-fA-F]{64})\Z")
_SECRET_KEY = re.compile(r"(?P<id>[A-Za-z0-9_-]{1,32}):(?P<key>[A-Za-z0-9+/_-]{43}=)\Z")
_RATE = re.compile(
    r"(?P<name>[\w:-]+)=(?P<rate>\d{1,5}(\.\d{1,3})?)/(?P<burst>\d{1,5})\Z", re.ASCII
)
_SLOWEST, _FASTEST = 0.5, 10_000
_KNOWN_KEYS = ("django-insecure", "changeme", "change-me", "secret", "example", "password")
_SHORTEST_KEY, _SHORTEST_BEARER, _FEWEST_CHARACTERS = 50, 24, 5
_FEWEST_BYTES = 16
"""Different ones among 32; random bytes have fewer once in more keys than anybody makes."""

ENCODINGS = (base64.b64encode, base64.urlsafe_b64encode)
"""How a key may be spelled."""

Rate = tuple[float, int]
"""Calls per second for long, and calls at once after a rest."""


def refuse(name: str, remedy: str) -> NoReturn:
    """End the process with one line that names the variable and says what to do."""
    sys.stderr.write(f"seller-posture cannot start: {name} {remedy}\n")
    raise SystemExit(2)


def text(name: str, default: str | None = None) -> str:
    """Return the variable as text; without a default it has to be there."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        refuse(name, "is not set.")
    return value


def confidential(name: str, default: str | None = None) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    if os.environ.get(name, "").strip():
        refuse(name, f"and {name}_FILE are both set; keep one of them.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{name}_FILE", f"names a file that cannot be read: {error}.")
    return value or refuse(f"{name}_FILE", "names an empty file.")


def flag(name: str, *, default: bool) -> bool:
    """Return on or off."""
    value = os.environ.get(name, "on" if default else "off").strip().lower()
    if value in _TRUE | _FALSE:
        return value in _TRUE
    refuse(name, "must be on or off.")


def choice(name: str, choices: Collection[str], default: str) -> str:
    """Return one of the choices, in upper case."""
    value = text(name, default).upper()
    return value if value in choices else refuse(name, f"must be one of {', '.join(choices)}.")


def number(name: str, default: float, *, at_least: float, at_most: float) -> float:
    """Return a number within its limits."""
    try:
        value = float(os.environ.get(name, "").strip() or default)
    except ValueError:
        value = float("nan")
    if at_least <= value <= at_most:
        return value
    refuse(name, f"must be a number from {at_least:g} to {at_most:g}.")


def count(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """Return a whole number within its limits."""
    value = number(name, default, at_least=at_least, at_most=at_most)
    if value == int(value):
        return int(value)
    refuse(name, "must be a whole number.")


def rates(name: str, defaults: Mapping[str, Rate]) -> dict[str, Rate]:
    """Return the defaults, with those replaced that `name=rate/burst,...` names."""
    remedy = (
        "must look like ec2=20/100,iam=15/15: calls per second (0.5 to 10000) and calls at once "
        f"(1 to 10000), each name once, of {', '.join(defaults)}."
    )
    said: dict[str, Rate] = {}
    for part in names(name):
        match = _RATE.match(part)
        if match is None or match["name"] not in defaults or match["name"] in said:
            refuse(name, remedy)
        rate, burst = float(match["rate"]), int(match["burst"])
        if not (_SLOWEST <= rate <= _FASTEST and 1 <= burst <= _FASTEST):
            refuse(name, remedy)
        said[match["name"]] = (rate, burst)
    return {**defaults, **said}


def address(name: str, schemes: Collection[str], default: str | None = None) -> str:
    """Return a URL whose scheme is one of `schemes`; it may hold a password, so NAME_FILE works."""
    value = confidential(name, default)
    if not value and default == "":
        return ""
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if scheme in schemes:
        return value
    refuse(name, f"must be a URL that begins with {' or '.join(f'{one}://' for one in schemes)}")


_MAIL = ("smtp", "smtp+tls", "smtp+ssl", "file", "consolemail", "memorymail", "dummymail")


def mail(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of mail; `file:///folder` writes each mail into a file there."""
    value = address(name, _MAIL, default)
    url = urlsplit(value)
    if url.scheme != "file":
        return dict(environ.Env.email_url_config(value))
    if url.netloc or not Path(unquote(url.path)).is_absolute():
        refuse(name, "must name a folder from the root: file:///var/spool/mails.")
    backend = environ.Env.EMAIL_SCHEMES["filemail"]
    return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": unquote(url.path)}


def bucket(name: str) -> dict[str, Any] | None:
    """Return the options of an S3 store from `s3://bucket/prefix?region=...`; None when not set.

    The query may have region, endpoint (of another S3-compatible store) and key (the ARN of a KMS
    key); without a key the store encrypts with its own (SSE-S3).
    """
    value = text(name, "")
    if not value:
        return None
    try:
        url = urlsplit(value)
        said = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
    except ValueError:
        refuse(name, "must look like s3://bucket/prefix?region=eu-west-1.")
    if url.scheme != "s3" or url.fragment:
        refuse(name, "must be a URL that begins with s3://, or empty for files in SNAPSHOT_DIR.")
    if "@" in url.netloc:
        refuse(name, "holds credentials; put them into AWS_S3_ACCESS_KEY_ID and the like.")
    _check_bucket(name, url.netloc, url.path.strip("/"), said)
    key = said.get("key")
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
    return {
        "bucket_name": url.netloc,
        "location": url.path.strip("/"),
        "region_name": said.get("region") or None,
        "endpoint_url": said.get("endpoint") or None,
        "object_parameters": {"ServerSideEncryption": "AES256", **sealed},
    }


def _check_bucket(name: str, host: str, prefix: str, said: dict[str, str]) -> None:
    unknown = sorted(said.keys() - {"region", "endpoint", "key"})
    if unknown:
        refuse(name, f"has {unknown[0]!r}; region, endpoint and key are known.")
    if not _BUCKET.match(host):
        refuse(name, "names no bucket: 3 to 63 small letters, digits, dots and hyphens.")
    if not _PREFIX.match(prefix):
        refuse(name, "has a prefix with other characters than letters, digits and !-_.*'()/.")
    if "region" in said and not _REGION.match(said["region"]):
        refuse(name, "has a region that is none, for example region=eu-west-1.")
    if "key" in said and not _KMS_KEY.match(said["key"]):
        refuse(name, "has a key that is not the ARN of a KMS key.")
    if "endpoint" in said and not _is_safe(said["endpoint"]):
        refuse(name, "has an endpoint that is no https:// address; http:// is for this machine.")


def _is_safe(endpoint: str) -> bool:
    """Whether snapshots may travel there: encrypted, or without leaving this machine."""
    try:
        url = urlsplit(endpoint)
        _ = url.port
    except ValueError:
        return False
    plain = not (url.username or url.password or url.query or url.fragment)
    secret = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
    return bool(url.hostname) and plain and secret


def names(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated list of networks such as 10.0.0.0/8; empty when it is not set."""
    try:
        return [ip_network(one) for one in names(name)]
    except ValueError as error:
        refuse(name, f"must be networks such as 10.0.0.0/8,127.0.0.1/32: {error}.")


def bearer(name: str) -> str:
    """Return a secret that a program sends us, or nothing; a short or repetitive one is refused."""
    value = confidential(name, "")
    if not value or (len(value) >= _SHORTEST_BEARER and len(set(value)) >= _FEWEST_CHARACTERS):
        return value
    refuse(name, "is weak; use: openssl rand -hex 24")


def signing_key(name: str) -> str:
    """Return Django's secret key; a short, well-known or repetitive one is refused."""
    value = confidential(name)
    known = any(word in value.lower() for word in _KNOWN_KEYS)
    if known or len(value) < _SHORTEST_KEY or len(set(value)) < _FEWEST_CHARACTERS:
        refuse(
            name,
            f"is weak; use at least {_SHORTEST_KEY} random characters, for example from: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
        )
    return value


def peppers(name: str) -> dict[int, bytes]:
    """Return the numbered keys of token digests from `1:<64 hex digits>,2:...`."""
    remedy = "must look like 1:<64 hex digits>,2:<64 hex digits> with each number once."
    found: dict[int, bytes] = {}
    for part in confidential(name).split(","):
        match = _PEPPER.match(part.strip())
        if match is None or int(match["number"]) in found:
            refuse(name, remedy)
        found[int(match["number"])] = bytes.fromhex(match["hex"])
        if len(set(found[int(match["number"])])) < _FEWEST_CHARACTERS:
            refuse(name, "holds a pepper that is not random; use: openssl rand -hex 32")
    return found


def sealing_keys(name: str) -> dict[str, bytes]:
    """Return the keys of secrets at rest from `id:<base64 of 32 bytes>,...`, the active one first."""
    remedy = "must look like 2026:<32 bytes in base64>,2025:... with each id and each key once."
    found: dict[str, bytes] = {}
    for part in confidential(name).split(","):
        match = _SECRET_KEY.match(part.strip())
        if match is None or match["id"] in found:
            refuse(name, remedy)
        try:
            key = base64.b64decode(match["key"].translate(_URLSAFE), validate=True)
        except binascii.Error:
            refuse(name, remedy)
        if len(set(key)) < _FEWEST_BYTES:
            refuse(name, "holds a key that is not random; use: openssl rand -base64 32")
        if key in found.values():
            refuse(name, remedy)
        found[match["id"]] = key
    return found


def principal(name: str, default: str | None = None) -> str:
    """Return the ARN of the user or role whose credentials the workers hold."""
    value = text(name, default)
    if _ROLE_OR_USER.match(value):
        return value
    refuse(name, "must be the ARN of the IAM user or role that the workers run as.")
