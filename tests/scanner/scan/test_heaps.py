"""The many threads of a scan share few heaps, so that memory which one frees serves the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAPS = """
import ctypes, sys, threading
from scanner.scan import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
together = threading.Barrier(16)
def work():
    bytes(1_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def heaps(how: str, folder: Path) -> int:
    report = folder / how
    subprocess.run([sys.executable, "-c", HEAPS, how, str(report)], check=True)
    return report.read_text().count("<heap nr=")


def test_threads_share_two_heaps(tmp_path: Path) -> None:
    assert heaps("shared", tmp_path) <= 2
    assert heaps("alone", tmp_path) > 2
