"""Which test runs which lines of the scanner, and how long it takes: one run under coverage.

python -m bench.long.recorder OUTPUT PART PARTS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

from bench.long import suite


class Recorder:
    """Gives each test a context of its own and notes its CPU seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.measuring = coverage.Coverage(
            data_file=None, config_file=False, source=[str(suite.ROOT / "scanner")]
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Name the test while it runs."""
        self.measuring.switch_context(item.nodeid)
        began = time.process_time()
        done = yield
        self.seconds[item.nodeid] = time.process_time() - began
        self.measuring.switch_context("")
        return done

    def written(self) -> dict[str, object]:
        """Seconds by test, and by file and line the tests that ran it; "" stands for no test."""
        data = self.measuring.get_data()
        lines = {}
        for name in data.measured_files():
            found = data.contexts_by_lineno(name)
            path = str(Path(name).relative_to(suite.ROOT))
            lines[path] = {line: sorted({*tests}) for line, tests in found.items()}
        return {"seconds": self.seconds, "lines": lines}


def main(output: str, part: int, parts: int) -> int:
    """Run a part of the tests and write what they did; returns the exit code of pytest."""
    recorder = Recorder()
    recorder.measuring.start()
    code = suite.run(suite.files()[part::parts], recorder)
    recorder.measuring.stop()
    Path(output).write_text(json.dumps(recorder.written()))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
