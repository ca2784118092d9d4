"""A small hub on loopback, for the real loading code; and a process of its own to load in."""

import contextlib
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time

PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>"
SLOW_S = 0.2  # between two parts of a slow answer


class Stub(http.server.BaseHTTPRequestHandler):
    """Answers what the hub's client asks for one file of one revision, and nothing else; also a mirror's files.

    ``faults``: for a part of the path the name of what goes wrong there, one of the methods below,
    or a list of names for one request each.
    """

    files: dict[str, bytes]
    asked: list[str]
    faults: dict[str, str | list[str]]
    released: threading.Event
    commit = ""

    def do_GET(self):
        self.asked.append(f"{self.command} {self.path}")
        fault = next((fault for part, fault in self.faults.items() if part in self.path), "right")
        if isinstance(fault, list):
            fault = fault.pop(0) if fault else "right"
        getattr(self, fault)(self.files.get(self.path))

    do_HEAD = do_GET

    def head(self, status, length, data=b"", **more):
        self.send_response(status)
        if status == 200:
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # git's id
            self.send_header("ETag", f'"{blob}"')
            self.send_header("X-Repo-Commit", self.commit)
        for name, value in {"Content-Length": str(length), **more}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def right(self, data, body=None):
        if data is None:
            self.head(404, 0)
            return
        body = data if body is None else body
        self.head(200, len(body), data)
        if self.command == "GET":
            self.wfile.write(body)

    def silent(self, _data):
        self.released.wait(60)
        self.close_connection = True

    def slow(self, data):
        """All of it, with pauses."""
        if data is None or self.command == "HEAD":
            self.right(data)
            return
        self.head(200, len(data), data)
        size = -(-len(data) // 8)
        for start in range(0, len(data), size):
            time.sleep(SLOW_S)
            self.wfile.write(data[start : start + size])

    def stalled(self, data):
        """The half of it, then nothing."""
        if data is None or self.command == "HEAD":
            self.right(data)
            return
        self.head(200, len(data), data)
        self.wfile.write(data[: len(data) // 2])
        self.silent(data)

    def circle(self, _data):
        self.head(302, 0, Location=self.path)

    def spiral(self, _data):
        """To ever new addresses."""
        self.head(302, 0, Location=f"{self.path}x")

    def empty(self, data):
        self.right(data, None if data is None else b"")

    def later(self, _data):
        self.head(429, 0, Retry_After="3600")

    def ill(self, _data):
        self.head(500, 0)

    def dropped(self, _data):
        self.close_connection = True

    def truncated(self, data):
        """The half of what it says it sends, from the beginning each time."""
        if data is None or self.command == "HEAD":
            self.right(data)
            return
        self.head(200, len(data), data)
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def shortened(self, data):
        """The half, in good order."""
        self.right(data, data[: len(data) // 2] if data and self.command == "GET" else None)

    def page(self, data):
        """The page of a network that wants a login, under the file's name."""
        self.right(data, None if data is None else PAGE)

    def xet(self, data):
        """As the hub sends large files: hf_xet is told where it gets them, and that place never answers."""
        here = f"http://{self.headers['Host']}"
        if data is None or self.command == "GET":
            self.right(data)
            return
        self.head(200, len(data), data, X_Xet_Hash="a" * 64, Link=f'<{here}/xet-token>; rel="xet-auth"')

    def token(self, _data):
        """For hf_xet."""
        here = f"http://{self.headers['Host']}"
        self.head(
            200, 0, X_Xet_Cas_Url=f"{here}/silent-store", X_Xet_Access_Token="t", X_Xet_Token_Expiration="9999999999"
        )

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(commit: str = ""):
    """Serve ``handler.files`` on a free port of loopback; yields (address, handler)."""
    released = threading.Event()
    state = {"files": {}, "asked": [], "faults": {}, "released": released, "commit": commit}
    handler = type("Handler", (Stub,), state)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as stub:
        thread = threading.Thread(target=stub.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{stub.server_port}", handler
        finally:
            released.set()
            stub.shutdown()
            thread.join()


def in_process(code: str, home, **settings) -> subprocess.CompletedProcess:
    """Run code in a process of its own: the hub's client reads its settings when it is imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    settings = kept | {"HF_HOME": str(home), "OMP_NUM_THREADS": "1"} | settings
    return subprocess.run(
        [sys.executable, "-c", code], env=settings, check=False, capture_output=True, text=True, timeout=120
    )
