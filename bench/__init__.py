"""Benchmarks: speed belongs here, never into a test (design section 5)."""
