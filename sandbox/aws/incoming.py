"""Reads an HTTP request as AWS would: who signed it, for which service and region, which operation, with what."""

import io
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import DataNotFoundError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

Environ = dict[str, Any]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")

# Signing name -> botocore's service name, where the two differ.
_SERVICES = {
    "monitoring": "cloudwatch",
    "access-analyzer": "accessanalyzer",
    "aws-marketplace": "marketplace-catalog",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
}
# Several APIs sign as aws-marketplace; those that speak JSON RPC name themselves in the target.
_MARKETPLACE_TARGETS = {
    "AWSMPEntitlementService": "marketplace-entitlement",
    "AWSMPMeteringService": "meteringmarketplace",
    "AWSMPCommerceService_v20200301": "marketplace-agreement",
}


class UnsignedError(Exception):
    """The request carries no AWS signature (version 4) header."""


@dataclass(frozen=True)
class Incoming:
    """One request to AWS. `operation` is None when no model knows it; `name` then still says what was asked."""

    service: str
    name: str
    region: str
    access_key: str
    token: str | None
    protocol: str
    operation: OperationModel | None
    params: dict[str, Any]
    body: bytes
    environ: Environ


def read_body(environ: Environ) -> bytes:
    """The body of the request, left readable for whoever comes next."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        body: bytes = environ["wsgi.input"].read(length)
    elif environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING"):
        body = environ["wsgi.input"].read()
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def read_incoming(environ: Environ) -> Incoming:
    """What the request asks of which service; raises UnsignedError without a signature."""
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None:
        raise UnsignedError
    access_key, region, signing_name = signed.groups()
    body = read_body(environ)
    service = _service(signing_name.lower(), environ)
    protocol, operation, params = _operation(service, environ, body)
    return Incoming(
        service=service,
        name=operation.name if operation else _spoken_name(environ, body),
        region=region,
        access_key=access_key,
        token=environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
        protocol=protocol,
        operation=operation,
        params=params,
        body=body,
        environ=environ,
    )


def _service(signing_name: str, environ: Environ) -> str:
    if signing_name == "s3" and environ.get("PATH_INFO", "").startswith("/v20180820/"):
        return "s3control"
    if signing_name == "aws-marketplace":
        prefix = environ.get("HTTP_X_AMZ_TARGET", "").split(".")[0]
        return _MARKETPLACE_TARGETS.get(prefix, "marketplace-catalog")
    return _SERVICES.get(signing_name, signing_name)


def _operation(
    service: str, environ: Environ, body: bytes
) -> tuple[str, OperationModel | None, dict[str, Any]]:
    try:
        model = get_service_model(service)
    except DataNotFoundError:
        return "json", None, {}
    request = Request(environ | {"wsgi.input": io.BytesIO(body)})
    try:
        protocol = determine_request_protocol(model, request.content_type)
        operation, path_params = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):  # the latter: a protocol that moto does not read
        return str(model.resolved_protocol), None, {}
    params = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": path_params,
        }
    )
    return protocol, operation, params or {}


def _spoken_name(environ: Environ, body: bytes) -> str:
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rsplit(".", 1)[-1]
    action = re.search(rb"(?:^|&)Action=(\w+)", body)
    if action:
        return action.group(1).decode()
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
