"""A fake AWS for the demo and the tests: moto behind a wrapper that checks who asks and what they may do."""
