"""A cut network refuses what leaves the machine and lets pass what stays."""

import socket

import pytest

from labutils.machine import network


@pytest.fixture
def cut():
    cut = network.Cut().start()
    yield cut
    cut.stop()


def test_connections_and_names_are_refused_and_counted(cut):
    with pytest.raises(OSError, match="network is cut"):
        socket.create_connection((network.NOBODY, 80), timeout=0.2)
    with pytest.raises(OSError, match="network is cut"):
        socket.getaddrinfo("example.invalid", 80)
    assert set(cut.refused) == {network.NOBODY, "example.invalid"}


def test_what_stays_on_the_machine_goes_on(cut):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        assert not cut.refused


def test_the_control_sends_nothing_and_counts_nothing(cut):
    assert cut.holds() and not cut.refused
    cut.stop()
    assert not cut.holds()


@pytest.mark.parametrize(("host", "here"), [
    ("localhost", True), ("127.0.0.9", True), ("::1", True), ("", True), ("192.0.2.1", False), ("example.org", False),
])  # fmt: skip
def test_hosts_of_this_machine(host, here):
    assert network.is_here(host) is here
