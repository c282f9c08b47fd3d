"""Unpacking stops at its limit, whatever a frame says about its size, and takes little memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest
import zstandard

from scanner.facts.codec import LIMIT, DamagedSnapshot, load
from scanner.facts.packed import unpack

MIB = 1 << 20
ROOM = 16 * MIB


def bomb(size: int, *, declared: bool) -> bytes:
    """Zeros, so many bytes of them, in a few kilobytes."""
    packed = io.BytesIO()
    packer = zstandard.ZstdCompressor()
    with packer.stream_writer(packed, size=size if declared else -1, closefd=False) as writer:
        for _ in range(size // MIB):
            writer.write(bytes(MIB))
    return packed.getvalue()


def declaring(size: int) -> bytes:
    """An empty last block behind a header that declares so many bytes (RFC 8878, 3.1.1)."""
    return b"\x28\xb5\x2f\xfd" + b"\xc0\x00" + size.to_bytes(8, "little") + b"\x01\x00\x00"


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("size", [1, MIB - 1, MIB, 3 * MIB + 7])
def test_a_frame_of_the_limit_is_unpacked_and_one_byte_more_is_not(
    size: int, declared: bool
) -> None:
    data = bytes(size)
    packed = zstandard.ZstdCompressor(write_content_size=declared).compress(data)
    assert unpack(packed, size) == data
    with pytest.raises(ValueError, match=f"more than {size - 1} bytes"):
        unpack(packed, size - 1)


@pytest.mark.parametrize("declared", [True, False])
def test_a_bomb_is_refused_before_it_fills_the_memory(declared: bool) -> None:
    packed = bomb(64 * MIB, declared=declared)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than"):
            unpack(packed, 2 * MIB)
        assert tracemalloc.get_traced_memory()[1] < ROOM
    finally:
        tracemalloc.stop()


def test_a_snapshot_that_declares_more_than_the_limit_is_refused_unread() -> None:
    packed = bomb(LIMIT + MIB, declared=True)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedSnapshot):
            load(packed)
        assert tracemalloc.get_traced_memory()[1] < ROOM
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "packed",
    [
        declaring(1 << 40),
        declaring(1 << 62),
        declaring(5),
        zstandard.ZstdCompressor().compress(b"whole" * 99)[:-3],
        b"\x28\xb5\x2f\xfd",
        b"no frame",
        b"",
    ],
    ids=["a terabyte", "exabytes", "a lie", "cut", "only the magic", "no frame", "nothing"],
)
def test_what_is_no_whole_frame_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        unpack(packed, MIB)
    assert type(refusal.value) is ValueError
