"""docker-compose.yml, the Dockerfile and .env.example fit the code; no engine runs them here."""

import re
from typing import Any

import pytest
import yaml

from sandbox.aws.client import ACCESS_KEY, SECRET_KEY
from sandbox.services import SETTINGS
from tests.contracts.variables import ROOT, read_by_sandbox, read_by_settings

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
GUNICORN = (ROOT / "gunicorn.conf.py").read_text()
SETTINGS_FILE = (ROOT / "posture/settings.py").read_text()
EXAMPLE = dict(
    line.removeprefix("#").split("=", 1)
    for line in (ROOT / ".env.example").read_text().splitlines()
    if re.match(r"#?[A-Z_]+=", line)
)
READ_BY_LIBRARIES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "REMAP_SIGTERM",  # Celery: SIGTERM gives running tasks their time to end
    "POSTGRES_PASSWORD",  # the image of PostgreSQL
}


def variables() -> set[str]:
    return {name for service in SERVICES.values() for name in service.get("environment", {})}


def test_the_services_are_those_of_the_design() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "postgres", "redis", "fake-aws"}


def test_only_the_fake_aws_waits_for_the_demo_profile() -> None:
    assert {n: s["profiles"] for n, s in SERVICES.items() if "profiles" in s} == {
        "fake-aws": ["demo"]
    }


def test_every_variable_that_is_set_is_read() -> None:
    assert variables() - read_by_settings() - read_by_sandbox() - READ_BY_LIBRARIES == set()


def test_every_setting_without_a_default_is_set() -> None:
    secrets = {"SECRET_KEY", "SECRET_KEYS", "TOKEN_PEPPERS"}
    required = {"DATABASE_URL", "REDIS_URL", "SCANNER_PRINCIPAL_ARN", *secrets}
    assert required <= read_by_settings()
    for name in ("web", "worker", "beat", "migrate"):
        assert required <= set(SERVICES[name]["environment"]), name


def test_secrets_come_from_outside_and_say_so_when_they_are_missing() -> None:
    secret = re.compile(r"SECRET_KEY|PEPPERS|PASSWORD")
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable) and not variable.startswith("AWS_"):
                assert re.fullmatch(rf"\$\{{{variable}:\?set {variable} in \.env\}}", value), name


def test_only_migrate_connects_as_owner() -> None:
    holders = {n for n, s in SERVICES.items() if "DATABASE_OWNER_URL" in s.get("environment", {})}
    assert holders == {"migrate"}
    for name in ("web", "worker", "beat"):
        assert "//app:" in SERVICES[name]["environment"]["DATABASE_URL"]


def test_containers_get_longer_to_end_than_their_processes_take() -> None:
    graceful = re.search(r"^graceful_timeout = (\d+)", GUNICORN, re.MULTILINE)
    default = re.search(r'"SOFT_SHUTDOWN_SECONDS", (\d+)', SETTINGS_FILE)
    assert graceful is not None
    assert default is not None
    for name, seconds in (("web", graceful[1]), ("worker", default[1])):
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > int(seconds) + 5, name


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_every_variable_of_the_file_is_explained_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required <= set(EXAMPLE)
    optional = set(re.findall(r"\$\{(\w+):-", text))
    passed_on = {n for s in SERVICES.values() for n, v in s.get("environment", {}).items() if not v}
    assert set(EXAMPLE) <= required | optional | passed_on


def test_the_demo_keys_of_the_example_are_those_of_the_fake_aws() -> None:
    assert EXAMPLE["AWS_ACCESS_KEY_ID"] == ACCESS_KEY
    assert EXAMPLE["AWS_SECRET_ACCESS_KEY"] == SECRET_KEY
    port = SERVICES["fake-aws"]["command"].partition("--port ")[2].split()[0]
    assert EXAMPLE["AWS_ENDPOINT_URL"] == f"http://fake-aws:{port}"


COPIED = [
    source
    for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    for source in line.split()
]


@pytest.mark.parametrize("source", COPIED)
def test_what_the_image_copies_exists_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    admitted = (ROOT / ".dockerignore").read_text().splitlines()
    assert admitted[0] == "*"
    assert f"!{source.partition('/')[0]}" in admitted


def test_every_build_target_is_a_stage() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE))
    targets = {s["build"]["target"] for s in SERVICES.values() if "build" in s}
    assert targets == stages == {"app", "demo"}


def test_the_product_does_not_run_as_root() -> None:
    for stage in DOCKERFILE.split("FROM ")[1:]:
        assert re.findall(r"^USER (\w+)$", stage, re.MULTILINE)[-1] == "posture"


def test_files_that_are_mounted_exist() -> None:
    mounts = [m for s in SERVICES.values() for m in s.get("volumes", []) if m.startswith("./")]
    assert mounts == ["./sandbox/postgres-init.sql:/docker-entrypoint-initdb.d/roles.sql:ro"]
    assert (ROOT / mounts[0].partition(":")[0]).is_file()


def test_named_volumes_are_declared() -> None:
    named = {
        mount.partition(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", [])
        if not mount.startswith("./")
    }
    assert named == set(COMPOSE["volumes"])


def test_the_sandbox_keeps_every_setting_of_the_user_out_of_demo_and_tests() -> None:
    assert read_by_settings() == SETTINGS, "sandbox.services.SETTINGS lists every setting"
