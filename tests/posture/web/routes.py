"""Every route of the URLconf with an address, and which of them are no pages of an organisation."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

OPEN = {
    "live", "ready", "metrics", "sign_in", "sign_out", "theme", "password_forgotten",
    "password_sent", "account_reset_password_from_key", "account_reset_password_from_key_done",
    "setup", "break_glass", "sso", "sso_begin", "sso_callback", "mfa_authenticate", "api-schema",
    "api-docs", "invitation",
}  # fmt: skip
"""What everybody may ask for, signed in or not."""

ABOUT_ONESELF = {
    "you", "account_set_password", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn",
    "mfa_remove_webauthn", "mfa_view_recovery_codes", "codes_file", "other_sessions", "session",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
}  # fmt: skip
ALIASES = {"account_login": "sign_in", "mfa_index": "you", "mfa_list_webauthn": "you"}
WORDS = {"uuid": "2b1d8f6e-0c1a-4f5e-9d2b-7a6c5e4f3d21", "int": "1"}


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, str]]:
    """Every name of the URLconf, with an address."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            converters = pattern.pattern.converters
            given = {
                name: WORDS.get(type(one).__name__.removesuffix("Converter").lower(), "x")
                for name, one in converters.items()
            }
            yield str(pattern.name), reverse(str(pattern.name), kwargs=given)


ROUTES = {ALIASES.get(name, name): address for name, address in routes(get_resolver().url_patterns)}
