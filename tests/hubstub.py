"""A small hub on loopback, for the real loading code; and a process of its own to load in."""

import contextlib
import hashlib
import http.server
import os
import subprocess
import sys
import threading


class Stub(http.server.BaseHTTPRequestHandler):
    """Answers what the hub's client asks for one file of one revision, and nothing else; also a mirror's files."""

    files: dict[str, bytes]
    asked: list[str]
    commit = ""

    def do_GET(self):
        self.asked.append(f"{self.command} {self.path}")
        data = self.files.get(self.path)
        self.send_response(404 if data is None else 200)
        if data is not None:
            self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", self.commit)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if data and self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(commit: str = ""):
    """Serve ``handler.files`` on a free port of loopback; yields (address, handler)."""
    handler = type("Handler", (Stub,), {"files": {}, "asked": [], "commit": commit})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as stub:
        thread = threading.Thread(target=stub.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{stub.server_port}", handler
        finally:
            stub.shutdown()
            thread.join()


def in_process(code: str, home, **settings) -> subprocess.CompletedProcess:
    """Run code in a process of its own: the hub's client reads its settings when it is imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    settings = kept | {"HF_HOME": str(home), "OMP_NUM_THREADS": "1"} | settings
    return subprocess.run(
        [sys.executable, "-c", code], env=settings, check=False, capture_output=True, text=True, timeout=120
    )
