"""Scan an account, or judge a stored snapshot again, from a terminal (design 4.1)."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

from scanner.aws import CannotReach, Role, Visit, session_name
from scanner.collect.progress import Picture
from scanner.facts.codec import DamagedSnapshot
from scanner.report import Report, json_pieces, to_text
from scanner.scan import EVERY_TOPIC, replay, scan
from scanner.vocabulary import Topic

BELOW, UNREACHABLE, USAGE, INTERRUPTED = 2, 3, 64, 130

EXITS = """\
exit codes:
  0    the scan ran, whatever it found
  2    the score is below --fail-under, or there is none
  3    the account could not be reached; one line on stderr says why and what to do
  64   wrong options, or a file that cannot be read or written
"""

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the options, and exits with 64."""

    def error(self, message: str) -> NoReturn:
        """2 is taken by --fail-under."""
        self.exit(USAGE, f"python -m scanner: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with command line arguments; gives the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check(parser, options)
    try:
        report = replay(_read(parser, options.replay)) if options.replay else _scan(options)
    except CannotReach as refusal:
        _say(f"{refusal.message} {refusal.advice}")
        return UNREACHABLE
    except DamagedSnapshot as fault:
        parser.error(f"--replay {options.replay}: {fault}")
    except KeyboardInterrupt:
        _say("Stopped. Nothing was written.")
        return INTERRUPTED
    if options.snapshot_out:
        _write(parser, options.snapshot_out, report.document)
    text = options.format == "text"
    sys.stdout.writelines([to_text(report)] if text else chain(json_pieces(report), ("\n",)))
    sys.stdout.flush()
    return _verdict(report, options.fail_under)


def _verdict(report: Report, least: int | None) -> int:
    if least is None or (report.score.value is not None and report.score.value >= least):
        return 0
    value = "no score" if report.score.value is None else f"score {report.score.value}"
    _say(f"{value}, --fail-under asks for {least}.")
    return BELOW


def _parser() -> Parser:
    parser = Parser(
        prog="python -m scanner",
        description="Read an AWS account as a Marketplace seller's posture is judged; never writes.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--role-arn", metavar="ARN", help="the scan role to assume")
    add("--external-id", metavar="ID", help="the external id that the role demands")
    add("--profile", metavar="NAME", help="our own credentials; without --role-arn, no role")
    add("--replay", metavar="FILE", help="judge a stored snapshot again, without asking AWS")
    add(
        "--region",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="regions to look at beside us-east-1, which is always read; default: all enabled",
    )
    add(
        "--topic",
        metavar="CODE",
        nargs="+",
        action="extend",
        default=[],
        choices=[topic.value for topic in Topic],
        help=f"topics to judge, of {', '.join(Topic)}; default: all",
    )
    add("--format", choices=("json", "text"), default="json", help="of the report on stdout")
    add("--snapshot-out", metavar="FILE", help="keep the facts; a name in .zst is compressed")
    add("--fail-under", metavar="N", type=_points, help="exit with 2 below this score, 0 to 100")
    return parser


def _points(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= value <= 100:  # noqa: PLR2004 - the range of a score
        message = f"{text!r} is not a whole number from 0 to 100"
        raise argparse.ArgumentTypeError(message)
    return value


def _check(parser: Parser, options: argparse.Namespace) -> None:
    """Refuse what makes no sense together before anything is asked or written."""
    visits = options.role_arn or options.profile
    if options.replay and (visits or options.external_id or options.region or options.topic):
        parser.error("--replay goes only with --format, --snapshot-out and --fail-under")
    if not (visits or options.replay):
        parser.error("say what to scan: --role-arn with --external-id, --profile, or --replay")
    if bool(options.role_arn) != bool(options.external_id):
        parser.error("--role-arn and --external-id go together")
    for name in options.region:
        if REGION.fullmatch(name) is None:
            parser.error(f"--region {name!r} is not the name of a region, such as eu-west-1")
    if options.snapshot_out:
        folder = Path(options.snapshot_out).absolute().parent
        if not os.access(folder, os.W_OK | os.X_OK):
            parser.error(f"--snapshot-out {options.snapshot_out}: cannot write into {folder}")


def _scan(options: argparse.Namespace) -> Report:
    role = None
    if options.role_arn:
        name = session_name(secrets.token_hex(8))
        role = Role(options.role_arn, options.external_id, name)
    topics = [Topic(code) for code in options.topic] or EVERY_TOPIC
    return scan(
        Visit(role, options.profile or ""),
        topics=topics,
        regions=options.region,
        progress=Narrator().tell,
    )


class Narrator:
    """Says on stderr what begins and what was read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, picture: Picture) -> None:
        """Say what this picture has that no picture before it had."""
        self._once(f"{picture['phase']} ...")
        for row in picture["services"]:
            if row["state"] in {"read", "gaps"}:
                place = f" in {row['region']}" if row["region"] else ""
                gaps = ", with gaps" if row["state"] == "gaps" else ""
                self._once(f"  {row['service']}{place} read{gaps}")

    def _once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            _say(line)


def _read(parser: Parser, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as fault:
        parser.error(f"--replay {name}: {fault.strerror}")


def _write(parser: Parser, name: str, document: bytes) -> None:
    """Write the whole file or none; only its owner may read what a seller's account holds."""
    path = Path(name).absolute()
    if path.suffix == ".zst":
        import zstandard

        document = zstandard.ZstdCompressor().compress(document)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            file.write(document)
        Path(file.name).replace(path)
    except OSError as fault:
        parser.error(f"--snapshot-out {name}: {fault.strerror}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
