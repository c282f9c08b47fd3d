"""Whether an answer of AWS is whole: botocore reads a cut JSON body as success without content.

Sources: design section 8 (measured), reliability.md bar 26.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from scanner.aws.trouble import CutAnswer

JSON_PROTOCOLS = frozenset({"json", "rest-json"})
XML_PROTOCOLS = frozenset({"query", "ec2"})
S3_DOCUMENTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectsV2": "ListBucketResult",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketPolicyStatus": "PolicyStatus",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
}
"""Root elements of S3's answers (S3 API reference); a policy comes as it is, without any."""
FIRST_TAG = re.compile(rb"^\s*(?:<\?xml[^>]*\?>\s*)?<([A-Za-z][\w.-]*)")
HTTP_ERROR = 300


def check_whole(protocol: str, operation: str, response: dict[str, Any]) -> None:
    """Raise CutAnswer unless the body has its announced length and is the document it should be.

    `response` is botocore's dict of headers, status_code and body. The body of an error answer
    that is no JSON object is emptied, because botocore's parser fails on it.
    """
    body: bytes = response["body"]
    if response["status_code"] >= HTTP_ERROR:
        if protocol in JSON_PROTOCOLS and body and _json_object(body) is None:
            response["body"] = b""
        return
    _check_length(response["headers"], body)
    if protocol in JSON_PROTOCOLS and _json_object(body) is None:
        raise CutAnswer("the body is not a JSON object")
    expected = _root_of(protocol, operation)
    if expected:
        root = FIRST_TAG.match(body)
        if root is None or root[1].decode() != expected:
            raise CutAnswer("the body is not the XML document of this operation")


def _root_of(protocol: str, operation: str) -> str:
    """The element that an XML answer has at its root; empty where any or none may stand."""
    if protocol in XML_PROTOCOLS:
        return f"{operation}Response"
    return S3_DOCUMENTS.get(operation, "") if protocol == "rest-xml" else ""


def _check_length(headers: Mapping[str, str], body: bytes) -> None:
    announced = headers.get("content-length")
    if announced is not None and announced.strip() != str(len(body)):
        raise CutAnswer(f"{len(body)} of {announced} bytes arrived")


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
