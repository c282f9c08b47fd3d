"""What a scan gives: the report, as JSON for tools and as text for people."""

from scanner.report.as_json import json_pieces, to_dict, to_json
from scanner.report.as_text import to_text
from scanner.report.report import ENGINE, Report, Tally

__all__ = ["ENGINE", "Report", "Tally", "json_pieces", "to_dict", "to_json", "to_text"]
