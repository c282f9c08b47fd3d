"""REST API version 1: parse, call one verb, answer; conventions in docs/api.md."""
