"""Source trees that differ from ours in a file: of another version, or with another setting."""

from pathlib import Path

from django.conf import settings


def with_links(to: Path, source: Path, *, but: str) -> None:
    """Make a folder that shows everything of another one but this, and no compiled files of it."""
    to.mkdir()
    for entry in source.iterdir():
        if entry.name not in {but, "__pycache__"}:
            (to / entry.name).symlink_to(entry)


PATIENT, IMPATIENT = '"socket_timeout": 30', '"socket_timeout": 1'


def an_impatient_version(tree: Path) -> Path:
    """The product as it is, but that a worker waits a second for Redis, in place of half a minute."""
    root = Path(settings.BASE_DIR)
    with_links(tree, root, but="posture")
    with_links(tree / "posture", root / "posture", but="settings.py")
    text = (root / "posture" / "settings.py").read_text()
    assert PATIENT in text
    (tree / "posture" / "settings.py").write_text(text.replace(PATIENT, IMPATIENT))
    return tree
