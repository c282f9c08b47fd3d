"""Serves the fake AWS over HTTP on this machine."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from sandbox.aws.asking import World
from sandbox.aws.disturb import DroppedError
from sandbox.aws.incoming import read_body
from sandbox.aws.moto_app import build_moto, forget_everything
from sandbox.aws.principals import Keyring
from sandbox.aws.wrapper import Wrapper

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Handler(WSGIRequestHandler):
    """Keeps connections open between requests, which werkzeug's own handler does not."""

    server: "_Server"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 300

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection ready for the next."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        # All of it, used or not: the next request begins behind it.
        read_body(environ)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None, /
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return self.wfile.write

        try:
            body = b"".join(self.server.app(environ, start_response))
        except DroppedError as error:
            self.connection_dropped(error, environ)
            return
        status, headers = started[-1]
        code, phrase = status.split(" ", 1)
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing: the call log is the record."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """End the connection with a reset, as a broken network does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.server.doomed.add(self.connection)


class _Server(ThreadedWSGIServer):
    request_queue_size = 512

    def __init__(self, host: str, port: int, app: Wrapper) -> None:
        self.doomed: set[socket.socket] = set()
        self.open: set[socket.socket] = set()
        super().__init__(host, port, app, handler=_Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection in hand."""
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; a doomed one without the polite farewell that would hide the reset."""
        self.open.discard(request)
        if request in self.doomed:
            self.doomed.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all open connections: who still holds one must not be answered from a forgotten world."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Server:
    """A running fake AWS. One per process, because moto's state is the process's."""

    _running: "Server | None" = None
    url: str
    _taking = threading.Lock()

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        access_key: str,
        secret_key: str,
        open_control: bool = False,
    ) -> None:
        with Server._taking:
            if Server._running is not None:
                raise RuntimeError(
                    f"This process runs a fake AWS already, at {Server._running.url}; tests share the fixture fake_aws."
                )
            forget_everything()
            self.world = World(Keyring(access_key, secret_key), open_control=open_control)
            self._http = _Server(host, port, Wrapper(self.world, build_moto()))
            Server._running = self
        self.url = f"http://127.0.0.1:{self._http.port}"

    def serve(self) -> None:
        """Serve until stop() is called from another thread."""
        self._http.serve_forever(poll_interval=0.05)

    def serve_in_thread(self) -> None:
        """Serve in a thread of this process."""
        threading.Thread(target=self.serve, name="fake-aws", daemon=True).start()

    def stop(self) -> None:
        """Stop serving and forget everything."""
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        forget_everything()
        with Server._taking:
            Server._running = None
