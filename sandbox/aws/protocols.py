"""Turns an answer or an error into the HTTP reply of the service's protocol, driven by botocore's model."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel, ServiceModel, StructureShape

from sandbox.aws.incoming import Incoming
from sandbox.aws.refusals import ApiError
from sandbox.aws.shapes import DriftError, as_header, as_plain, write_members, write_shape

Answer = dict[str, Any]


@dataclass
class Reply:
    """An HTTP reply; `code` is the AWS error code, empty on success."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    code: str = ""


# Root elements of answers that are not named as their shapes are.
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "GetBucketVersioning": "VersioningConfiguration",
}


def reply_with(incoming: Incoming, answer: Answer) -> Reply:
    """The reply that carries `answer`; raises DriftError when it does not fit the operation's output shape."""
    operation = incoming.operation
    if operation is None:
        raise DriftError("an operation that no model knows cannot be answered")
    request_id = str(uuid.uuid4())
    writer = {"query": _query, "ec2": _ec2, "json": _json}.get(incoming.protocol, _rest)
    reply = writer(operation, answer, request_id)
    reply.headers["x-amzn-RequestId"] = request_id
    return reply


def reply_with_error(incoming: Incoming, error: ApiError) -> Reply:
    """The reply that carries an error in the way of the request's protocol."""
    request_id = str(uuid.uuid4())
    code, text = escape(error.code), escape(error.message)
    if incoming.protocol in {"json", "rest-json"}:
        reply = _json_error(incoming, error)
    elif incoming.protocol == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
        reply = _xml(error.status, body)
    elif incoming.service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{request_id}</RequestId></Error>"
        reply = _xml(error.status, body)
    else:
        fault = "Sender" if error.status < 500 else "Receiver"
        body = f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{text}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        reply = _xml(error.status, body)
    reply.headers |= error.headers | {"x-amzn-RequestId": request_id}
    reply.code = error.code
    return reply


def _xml(status: int, body: str) -> Reply:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Reply(status, {"Content-Type": "text/xml"}, text.encode())


def _output(operation: OperationModel) -> StructureShape | None:
    shape = operation.output_shape
    return shape if isinstance(shape, StructureShape) else None


def _namespace(service: ServiceModel) -> str:
    return f' xmlns="{escape(str(service.metadata.get("xmlNamespace", "")))}"'


def _query(operation: OperationModel, answer: Answer, request_id: str) -> Reply:
    shape = _output(operation)
    out = [f"<{operation.name}Response{_namespace(operation.service_model)}>"]
    if shape is None:
        _nothing_left(operation, answer)
    else:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        out.append(f"<{wrapper}>")
        write_members(shape, answer, out)
        out.append(f"</{wrapper}>")
    out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>")
    out.append(f"</{operation.name}Response>")
    return _xml(200, "".join(out))


def _ec2(operation: OperationModel, answer: Answer, request_id: str) -> Reply:
    shape = _output(operation)
    namespace = f"http://ec2.amazonaws.com/doc/{operation.service_model.api_version}/"
    out = [f'<{operation.name}Response xmlns="{namespace}"><requestId>{request_id}</requestId>']
    if shape is None:
        _nothing_left(operation, answer)
    else:
        write_members(shape, answer, out)
    out.append(f"</{operation.name}Response>")
    return _xml(200, "".join(out))


def _json(operation: OperationModel, answer: Answer, _request_id: str) -> Reply:
    shape = _output(operation)
    if shape is None:
        _nothing_left(operation, answer)
        return Reply(200, {"Content-Type": "application/x-amz-json-1.1"}, b"{}")
    version = operation.service_model.metadata.get("jsonVersion", "1.1")
    body = json.dumps(as_plain(shape, answer)).encode()
    return Reply(200, {"Content-Type": f"application/x-amz-json-{version}"}, body)


def _rest(operation: OperationModel, answer: Answer, _request_id: str) -> Reply:
    shape = _output(operation)
    status = int(operation.http.get("responseCode", 200))
    if shape is None:
        _nothing_left(operation, answer)
        return Reply(status)
    headers, rest = _split_headers(shape, answer)
    payload = shape.serialization.get("payload")
    if payload is not None:
        extra = rest.keys() - {payload}
        if extra:
            raise DriftError(f"{shape.name} carries only {payload}, not {sorted(extra)}")
        body_shape, body = shape.members[payload], rest.get(payload, {})
    else:
        body_shape, body = shape, rest
    if operation.service_model.resolved_protocol == "rest-json":
        headers["Content-Type"] = "application/json"
        return Reply(status, headers, json.dumps(as_plain(body_shape, body)).encode())
    out: list[str] = []
    usual = str(body_shape.serialization.get("name", body_shape.name))
    write_shape(body_shape, body, _ROOTS.get(operation.name, usual), out)
    reply = _xml(status, "".join(out))
    reply.headers |= headers
    return reply


def _split_headers(shape: StructureShape, answer: Answer) -> tuple[dict[str, str], Answer]:
    headers: dict[str, str] = {}
    rest: Answer = {}
    for name, value in answer.items():
        member = shape.members.get(name)
        if member is not None and member.serialization.get("location") == "header":
            headers[str(member.serialization["name"])] = as_header(member, value)
        else:
            rest[name] = value
    return headers, rest


def _json_error(incoming: Incoming, error: ApiError) -> Reply:
    name = error.code
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if incoming.service == "sqs" and incoming.operation is not None:
        # Codes of the old query protocol travel in a header of their own.
        fault = "Sender" if error.status < 500 else "Receiver"
        headers["x-amzn-query-error"] = f"{error.code};{fault}"
        shapes = incoming.operation.service_model.error_shapes
        names = {shape.metadata.get("error", {}).get("code"): shape.name for shape in shapes}
        name = names.get(error.code, name)
    headers["x-amzn-ErrorType"] = name
    body = json.dumps({"__type": name, "message": error.message}).encode()
    return Reply(error.status, headers, body)


def _nothing_left(operation: OperationModel, answer: Answer) -> None:
    if answer:
        raise DriftError(f"{operation.name} has no output, yet the answer holds {sorted(answer)}")
