"""Temporary directories that a later run clears away when this one was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.children import User

_PREFIX = "seller-posture-"
_PARENT = Path("/tmp")  # noqa: S108 - a socket path has 107 characters, TMPDIR may use them up  # nosec B108 # a directory of our own is made there


@contextmanager
def scratch(owner: User | None = None) -> Iterator[Path]:
    """Yield an empty directory that only `owner` (or we) and root can enter; gone afterwards."""
    _sweep()
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_PARENT))
    claim = os.open(home / "claim", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX)
        (home / "claim").rename(home / "claimed")
        if owner is not None:
            os.chown(home, owner.uid, owner.gid)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os.close(claim)


def _sweep() -> None:
    """Remove what killed runs left: the kernel let go of their lock, nobody else can take it."""
    for left in _PARENT.glob(f"{_PREFIX}*/claimed"):
        with suppress(OSError):  # another user's, still in use, or somebody swept it before us
            claim = os.open(left, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left.parent, ignore_errors=True)
            finally:
                os.close(claim)
