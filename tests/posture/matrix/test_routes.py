"""The table of routes, the URLconf and the OpenAPI document name the same, and nothing else."""

from __future__ import annotations

from django.test import Client
from django.urls import get_resolver, reverse

from tests.posture.matrix.asking import signed_in, undone, with_token
from tests.posture.matrix.companies import Companies
from tests.posture.matrix.document import DOCUMENT, described, patterns
from tests.posture.matrix.routes import ALSO_CALLED, ANY_PATH, ROUTES

BY_NAME = {route.name: route for route in ROUTES}
WHERE = "tests/posture/matrix/routes.py"
NEVER = {"TRACE", "OPTIONS"}
OPEN_API = {"api-schema", "api-docs"}
"""The document does not describe the two addresses of itself."""


def test_every_route_of_the_urlconf_is_in_the_table_and_no_other() -> None:
    named = {str(one.name or one.pattern) for one in patterns(get_resolver().url_patterns)}
    new, gone = named - BY_NAME.keys() - ANY_PATH - ALSO_CALLED.keys(), BY_NAME.keys() - named
    assert not new, f"Add a line to {WHERE} for: {', '.join(sorted(new))}"
    assert not gone, f"Take the lines out of {WHERE} for: {', '.join(sorted(gone))}"


def test_a_route_with_two_names_is_one_address() -> None:
    assert {reverse(name) for name in ALSO_CALLED} == {reverse("sign_in"), reverse("you")}
    assert all(reverse(name) == reverse(ours) for name, ours in ALSO_CALLED.items())


def test_no_route_is_in_the_table_twice() -> None:
    assert len(BY_NAME) == len(ROUTES)


def test_every_route_has_the_methods_of_the_table_and_no_other(companies: Companies) -> None:
    """A method that nobody knows is answered with those that there are."""
    nobody, browser = Client(), signed_in(companies.acme.people["owner"])
    program = with_token(companies.acme, "admin")
    wrong = []
    for route in ROUTES:
        needs = {use.needs for use in route.uses.values()}
        client = program if route.is_api else nobody if "nobody" in needs else browser
        with undone():
            response = client.generic("PROPFIND", route.address(companies.acme.ids))
        has = {one.strip() for one in response.get("Allow", "").split(",")} - NEVER
        if (response.status_code, has) != (405, set(route.uses)):
            wrong.append(f"{route.name} has {sorted(has)}: say so in {WHERE}")
    assert not wrong, "\n".join(wrong)


def test_the_openapi_document_names_the_same_paths_and_methods() -> None:
    written = {
        (path, method.upper()) for path, uses in DOCUMENT["paths"].items() for method in uses
    }
    tabled = {
        (described(route), method)
        for route in ROUTES
        if route.is_api and route.name not in OPEN_API
        for method in set(route.uses) - {"HEAD"}
    }
    assert written - tabled == set(), f"Add these to {WHERE}"
    assert tabled - written == set(), "Add these to docs/openapi.yaml (manage.py spectacular)"
