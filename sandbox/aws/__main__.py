"""`python -m sandbox.aws`: serves a fake AWS until it is told to end."""

import argparse
import signal
import threading

from sandbox.aws import seeds
from sandbox.aws.client import ACCESS_KEY, SECRET_KEY
from sandbox.aws.server import Server


def main() -> None:
    """Parse the command line, serve, end on SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.aws", description="A fake AWS with seller accounts in it."
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on; a free one by default"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--open-control", action="store_true", help="let other machines use /_sandbox/ too"
    )
    parser.add_argument(
        "--seed",
        action="append",
        default=[],
        choices=seeds.NAMES,
        help="accounts to fill; may be repeated",
    )
    parser.add_argument(
        "--access-key", default=ACCESS_KEY, help="access key id of the scanner's user"
    )
    parser.add_argument("--secret-key", default=SECRET_KEY, help="secret key of the scanner's user")
    options = parser.parse_args()
    server = Server(
        port=options.port,
        host=options.host,
        access_key=options.access_key,
        secret_key=options.secret_key,
        open_control=options.open_control,
    )
    for name in options.seed:
        seeds.sow(server.world, name)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    server.serve_in_thread()
    print(f"ready {server.url}", flush=True)
    over.wait()
    server.stop()


if __name__ == "__main__":
    main()
