"""Source trees that differ from ours in a file: of another version, or with another setting."""

from pathlib import Path


def with_links(to: Path, source: Path, *, but: str) -> None:
    """Make a folder that shows everything of another one but this, and no compiled files of it."""
    to.mkdir()
    for entry in source.iterdir():
        if entry.name not in {but, "__pycache__"}:
            (to / entry.name).symlink_to(entry)
