"""Zstandard bytes, unpacked with a limit: a few kilobytes may claim to hold a terabyte."""

from __future__ import annotations

import io
from typing import NoReturn

import zstandard

CHUNK = 1 << 20
UNDECLARED = -1


def unpack(data: bytes, most: int) -> bytes:
    """Unpack one Zstandard frame of at most `most` bytes, with little more memory than it needs.

    Raises ValueError when the frame holds more, says that it does, holds less than it says, or is
    none. The declared size is looked at first (it would override `max_output_size`); as a frame
    may declare none (RFC 8878, section 3.1.1.1), what comes out is counted too. A frame without
    a declared size that was cut gives its beginning.
    """
    unpacked = io.BytesIO()
    try:
        declared = zstandard.frame_content_size(data)
        if declared > most:
            _refuse(most)
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            while chunk := reader.read(CHUNK):
                if unpacked.tell() + len(chunk) > most:
                    _refuse(most)
                unpacked.write(chunk)
    except zstandard.ZstdError as fault:
        raise ValueError(str(fault)) from fault
    if declared not in {UNDECLARED, unpacked.tell()}:
        message = "The compressed bytes are cut."
        raise ValueError(message)
    return unpacked.getvalue()


def _refuse(most: int) -> NoReturn:
    message = f"The compressed bytes hold more than {most} bytes."
    raise ValueError(message)
