"""Where the files of snapshots lie: on a disk, or in a bucket of S3 or of something like it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from storages.backends.s3 import S3Storage

ASIDE = ".aside"
"""The folder in which files are made before they are renamed; what lies there is nobody's."""


class StoreError(Exception):
    """The store refused, is full or could not be reached; the text is a word or two of why."""


class AtomicFiles(FileSystemStorage):
    """Files that are there whole or not at all: written aside, brought to disk, then renamed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_overwrite=True)

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg] # bytes throughout
        target = Path(self.path(name))
        self._make_folder(target.parent)
        descriptor, aside = tempfile.mkstemp(dir=self._make_folder(Path(self.location) / ASIDE))
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(target)
        except BaseException:  # whatever stops us, leave nothing half-written behind
            with contextlib.suppress(FileNotFoundError):
                Path(aside).unlink()
            raise
        self._bring_to_disk(target.parent)
        return name

    def _make_folder(self, folder: Path) -> Path:
        folder.mkdir(mode=self.directory_permissions_mode or 0o700, parents=True, exist_ok=True)
        return folder

    def _bring_to_disk(self, folder: Path) -> None:
        """A power cut must not take back the name of a file that a row will name."""
        top = Path(self.location)
        for one in (folder, *folder.parents):
            if not one.is_relative_to(top):
                return
            descriptor = os.open(one, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def tidy(self, before: datetime) -> int:
        """Remove what killed writers left aside before this moment; return how many files."""
        aside = Path(self.location) / ASIDE
        left = [file for file in aside.glob("*") if file.stat().st_mtime < before.timestamp()]
        for file in left:
            file.unlink(missing_ok=True)
        return len(left)


class Bucket(S3Storage):  # type: ignore[misc] # django-storages has no types
    """Objects that are encrypted by the store; the bucket is never listed."""

    object_parameters: dict[str, str]
    client_config: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.object_parameters = {"ContentType": "application/zstd", **self.object_parameters}
        patient = type(self.client_config)(
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            # our names are checksums already, and not every S3-compatible store knows others
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self.client_config = self.client_config.merge(patient)


@contextlib.contextmanager
def at_the_store() -> Iterator[Storage]:
    """Yield the store; raises FileNotFoundError, or StoreError whatever its library raises."""
    store = storages["snapshots"]  # settings that make none are a fault of ours, not the store's
    try:
        yield store
    except (FileNotFoundError, SoftTimeLimitExceeded):
        raise
    except (
        Exception
    ) as error:  # boto's errors have no common class, and it may not be imported here
        raise StoreError(_word_for(error)) from error


def _word_for(error: Exception) -> str:
    """Why, without names of buckets, paths or hosts: people of any organisation read it."""
    said = getattr(error, "response", None)
    code = said.get("Error", {}).get("Code") if isinstance(said, dict) else None
    if code:
        return str(code)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
