"""The API document: its bearer scheme and the problem answers that every endpoint shares."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped hook
    """How a client proves itself."""

    target_class = "posture.api.access.ByScope"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Describe the header."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "spt_<12 base62>.<32 base62><6 base62 CRC32>",
            "description": "An API token, made under Settings, API tokens. It is shown once.",
        }


class ProblemError(serializers.Serializer[Any]):
    """One value that cannot be used."""

    pointer = serializers.CharField(help_text="Where: field or parameter, as a JSON pointer.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """What went wrong, as problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField(help_text="Stable; programs may rely on it.")
    request_id = serializers.CharField()
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment] # a field of that name


SHARED = {
    "400": "A parameter or field cannot be used; `errors` says which.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "The token lacks the scope that this needs.",
    "429": "Asked too often; Retry-After says how many seconds to wait.",
    "404": "No such object, or this token may not see it.",
}


class Schema(AutoSchema):
    """Adds the problem answers to every operation."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problem = self._map_serializer_ref(Problem)
        for status, description in SHARED.items():
            content = {"application/problem+json": {"schema": problem}}
            bodies.setdefault(status, {"content": content, "description": description})
        return bodies

    def _map_serializer_ref(self, serializer: Any) -> dict[str, str]:
        component = self.resolve_serializer(serializer, "response")
        reference: dict[str, str] = component.ref
        return reference
