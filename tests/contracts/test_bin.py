"""The commands of bin/ do what they say, once, and name in one line what they miss.

They run on a copy of the checkout whose path has a space, with stand-ins for uv, apt-get and, where
the point is what is run, for Python. Nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.children import unprivileged
from sandbox.scratch import scratch
from tests.contracts.checkouts import PYTHON, RECORDER, TOOLS, UV, Checkout

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [*sorted((ROOT / "bin").iterdir()), ROOT / ".ci/run"]


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    with scratch(owner=unprivileged()) as place:
        here = Checkout(place / "a check out", place / "tools")
        for folder in ("bin", ".ci"):
            shutil.copytree(ROOT / folder, here.home / folder)
        (here.home / "requirements").mkdir()
        for name in ("boot", "base", "demo", "test"):
            here.lock(name, f"{name} 1\n")
        here.stand_in(here.home / ".venv-boot/bin/uv", UV)
        (here.home / ".venv-boot/complete.txt").write_text("boot 1\n")
        here.tools.mkdir()
        for tool in TOOLS:
            (here.tools / tool).symlink_to(str(shutil.which(tool)))
        here.stand_in(here.tools / "chromium", RECORDER)
        here.stand_in(here.tools / "apt-get", RECORDER)
        yield here


@pytest.fixture
def prepared(checkout: Checkout) -> Checkout:
    """A checkout in which all is installed and Python only writes down what it should do."""
    for program in ("python", "djade"):
        checkout.stand_in(checkout.home / ".venv/bin" / program, PYTHON)
    (checkout.home / ".venv/complete").mkdir()
    (checkout.home / ".venv/complete/test.txt").write_text("test 1\n")
    for folder in ("docs", "templates"):
        (checkout.home / folder).mkdir()
    (checkout.home / "templates/page.html").touch()
    (checkout.home / "docs/openapi.yaml").write_text("openapi: 3.1.1\n")
    return checkout


def synced(name: str) -> str:
    return f"uv --system-certs pip sync -q -p .venv --require-hashes requirements/{name}.txt"


def test_setup_installs_once(checkout: Checkout) -> None:
    code, output, errors = checkout.run("bin/setup", "demo")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        f"Creating .venv with {sys.executable}",
        "Installing the demo packages into .venv",
        "Ready: demo packages in .venv",
    ]
    assert checkout.run("bin/setup", "demo") == (0, "Ready: demo packages in .venv\n", "")
    assert checkout.recorded() == [synced("demo")]


def test_a_larger_set_serves_a_smaller_one_and_is_never_shrunk(checkout: Checkout) -> None:
    for name in ("base", "test", "demo", "base"):
        assert checkout.run("bin/setup", name)[0] == 0
    assert checkout.recorded() == [synced("base"), synced("test")]
    checkout.lock("test", "test 2\n")
    assert checkout.run("bin/setup", "demo")[0] == 0
    assert checkout.recorded()[2:] == [synced("test")]


def test_an_installation_that_was_cut_off_is_made_anew(checkout: Checkout) -> None:
    assert checkout.run("bin/setup", UV_EXIT="1")[0] == 1
    rest = checkout.home / ".venv/half a package"
    rest.touch()
    code, output, _ = checkout.run("bin/setup")
    assert code == 0
    assert output.startswith("Creating .venv with")
    assert not rest.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.run("bin/setup")
    python = checkout.home / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/no/such/python")
    assert checkout.run("bin/setup")[0] == 0
    assert checkout.recorded() == [synced("base"), synced("base")]


def test_two_at_once_install_once(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            checkout.argv("bin/setup"),
            env=checkout.environment(UV_SECONDS="1"),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(output.endswith("Ready: base packages in .venv\n") for output in outputs)
    assert checkout.recorded() == [synced("base")]


def a_python_without_venv(checkout: Checkout) -> str:
    python = checkout.tools / "python3"
    checkout.stand_in(python, '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\n')
    return str(python)


def test_an_ordinary_user_is_told_in_one_line_what_is_missing(checkout: Checkout) -> None:
    python = a_python_without_venv(checkout)
    (checkout.tools / "chromium").unlink()
    code, output, errors = checkout.run_as(unprivileged(), "bin/setup", "test", PYTHON=python)
    assert (code, output) == (2, "")
    assert errors == (
        "bin/setup: missing: python3-venv chromium fonts-liberation. As root: apt-get update && "
        "apt-get install -y --no-install-recommends python3-venv chromium fonts-liberation\n"
    )
    assert checkout.recorded() == []


def test_root_gets_what_is_missing_from_debian(checkout: Checkout) -> None:
    (checkout.tools / "chromium").unlink()
    code, output, errors = checkout.run("bin/setup", "test")
    options = "-o DPkg::Lock::Timeout=120"
    if os.geteuid() == 0:
        assert code == 0
        assert output.startswith("Installing Debian packages: chromium fonts-liberation\n")
        assert checkout.recorded()[:2] == [
            f"apt-get {options} update",
            f"apt-get {options} install -y --no-install-recommends chromium fonts-liberation",
        ]
    else:
        assert code == 2
        assert errors.startswith("bin/setup: missing: chromium fonts-liberation. As root:")


def test_a_failed_installation_shows_its_log(checkout: Checkout) -> None:
    (checkout.tools / "chromium").unlink()
    checkout.stand_in(checkout.tools / "apt-get", "#!/bin/sh\necho no space left\nexit 100\n")
    code, _, errors = checkout.run("bin/setup", "test")
    assert code == 2
    assert ("no space left" in errors) == (os.geteuid() == 0)
    assert "apt-get update && apt-get install -y" in errors.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["all"], {}, "there is no set of packages called 'all'; use base, demo or test."),
        ([], {"PYTHON": "/bin/false"}, "PYTHON=/bin/false is not Python 3.11 or newer."),
        (["test"], {"CHROMIUM": "/no/browser"}, "CHROMIUM=/no/browser cannot be run."),
    ],
)
def test_nonsense_is_refused_in_one_line(
    checkout: Checkout, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    ran = checkout.run("bin/setup", *arguments, **variables)
    assert ran == (2, "", f"bin/setup: {said}\n")


def test_check_runs_every_step_and_ends_like_pytest(prepared: Checkout) -> None:
    code, output, errors = prepared.run(".ci/run")
    assert (code, errors) == (0, "")
    steps = re.findall(r"^(\w+) +\d+ s$", output, re.MULTILINE)
    assert set(steps) == {
        "types",
        "format",
        "lint",
        "security",
        "templates",
        "imports",
        "migrations",
        "openapi",
    }
    assert output.endswith("3 passed in 0.1s\n")
    assert prepared.recorded()[-1] == "python -m pytest -n 3 --dist worksteal"


@pytest.mark.parametrize(
    ("step", "fails"),
    [
        ("types", "-m mypy"),
        ("format", "ruff format"),
        ("lint", "ruff check"),
        ("security", "bandit"),
        ("templates", "djlint"),
        ("templates", "--target-version"),
        ("imports", "importlinter"),
        ("migrations", "makemigrations"),
        ("openapi", "spectacular"),
    ],
)
def test_check_stops_at_the_first_failure_and_shows_it(
    prepared: Checkout, step: str, fails: str
) -> None:
    code, output, _ = prepared.run("bin/check", FAILING=fails)
    assert code == 1
    assert re.search(rf"^the trouble\n{step} +failed$", output, re.MULTILINE)
    assert not any("pytest" in line for line in prepared.recorded())


def test_check_notices_that_the_api_document_is_old(prepared: Checkout) -> None:
    old = 'case "$*" in *spectacular*) for file; do :; done; echo new >"$file"; exit 0;; esac\n'
    python = prepared.home / ".venv/bin/python"
    prepared.stand_in(python, PYTHON.replace("#!/bin/sh\n", f"#!/bin/sh\n{old}"))
    code, output, _ = prepared.run("bin/check")
    assert code == 1
    assert "-openapi: 3.1.1\n+new\n" in output


def test_a_failed_test_fails_the_check(prepared: Checkout) -> None:
    assert prepared.run("bin/check", PYTEST_EXIT="1")[0] == 1


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("bin/test", "python -m pytest -n 3 --dist worksteal"),
        ("bin/demo", "python -u -m sandbox.demo"),
    ],
)
def test_arguments_are_passed_on_whole(prepared: Checkout, command: str, run: str) -> None:
    assert prepared.run(command, "-k", "a b")[0] == 0
    assert prepared.recorded() == [f"{run} -k a b"]


def test_long_takes_names_of_runs(prepared: Checkout) -> None:
    assert prepared.run("bin/long", "fuzz", "mutation")[0] == 0
    assert prepared.run("bin/long", FAILING="bench.long")[0] == 1
    assert prepared.recorded() == [
        "python -m bench.long fuzz mutation",
        "python -m bench.long",
    ]


def test_lock_resolves_every_set_on_top_of_the_smaller_one(prepared: Checkout) -> None:
    assert prepared.run("bin/lock")[0] == 0
    ends = [line.partition("--no-header ")[2] for line in prepared.recorded()]
    assert ends == [
        "- -o requirements/boot.txt",
        "pyproject.toml -o requirements/base.txt",
        "pyproject.toml --group demo -c requirements/base.txt -o requirements/demo.txt",
        "pyproject.toml --group test -c requirements/demo.txt -o requirements/test.txt",
    ]


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_locked_packages_have_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9].*==.* \\$", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE)) > 0


@pytest.mark.parametrize("command", COMMANDS, ids=lambda p: p.name)
def test_commands_are_executable_and_well_formed(command: Path) -> None:
    assert os.access(command, os.X_OK)
    assert command.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", command], check=True)
