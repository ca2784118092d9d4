"""The network, cut: from then on no connection leaves the machine, and what was tried is counted."""

import errno
import ipaddress
import sys
from typing import Any

from labutils.i18n import _

NOBODY = "192.0.2.1"  # an address for examples (RFC 5737)
EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg")


class Cut:
    """A cut of this process from the network, by one of Python's audit hooks.

    While it is on, a connection to another machine is refused, and so is the look-up of another machine's name. What stays
    on the machine (the notebook's own channels) goes on. It watches what goes through Python's sockets, which is what the
    packages of this course use; other programs, and code in C with sockets of its own, are not touched.

    Attributes:
        on: whether connections are refused.  refused: the addresses that were tried while it was on.
    """

    def __init__(self) -> None:
        self.on = False
        self.refused: list[str] = []
        sys.addaudithook(self._watch)  # a hook cannot be taken away again: it looks at `on`

    def start(self) -> "Cut":
        """Refuse connections from now on."""
        self.on = True
        return self

    def stop(self) -> None:
        """Let connections through again."""
        self.on = False

    def holds(self) -> bool:
        """Whether a connection would be refused: the event of one is raised on purpose, and no packet is sent."""
        try:
            sys.audit("socket.connect", None, (NOBODY, 80))
        except OSError:
            self.refused.remove(NOBODY)
            return True
        return False

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or event not in EVENTS:
            return
        host = _host(event, arguments)
        if host is None or is_here(host):
            return
        self.refused.append(host)
        raise OSError(errno.ENETUNREACH, _("the network is cut: {host}").format(host=host))


def _host(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the host that an event goes to, None where it is no host (a file's socket, or one that is connected)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        address = arguments[1] if len(arguments) > 1 else None
        host = address[0] if isinstance(address, tuple) and address else None
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def is_here(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
