"""What is kept of how a result was made."""

from labutils.machine import provenance


def test_a_command_is_kept_without_the_machines_paths(monkeypatch):
    """The published card named folders of the machine that measured it."""
    monkeypatch.setattr(
        "sys.argv", ["x", "evaluate", "--corpus", "/home/ann/corpus", "--work", "runs/pocket", "-p", "a=1"]
    )
    assert provenance.command("labs") == "labs evaluate --corpus <corpus> --work runs/pocket -p a=1"
