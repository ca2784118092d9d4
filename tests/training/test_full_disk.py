"""A disk that fills up during a training costs at most its newest checkpoint."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labutils.errors import LabError
from labutils.models import fingerprint
from labutils.training import checkpoints, loop

from stopped import again

pytestmark = pytest.mark.usefixtures("few_objects")


@pytest.mark.parametrize("raised", [
    OSError(errno.ENOSPC, "No space left on device"),
    RuntimeError("PytorchStreamWriter failed writing file"),
], ids=["OSError", "zip writer"])  # fmt: skip
def test_a_disk_that_fills_up_keeps_the_older_checkpoint(raised, whole, tmp_path, monkeypatch):
    """Imitated: the weights' second save fails as it does on a full disk. The same call then goes on."""
    expected, saves = whole[0], []
    write = loop.Loop._save_weights

    def full(self, path):
        saves.append(path)
        if len(saves) == 2:
            (path / "model.safetensors").write_bytes(b"half")
            raise raised
        return write(self, path)

    monkeypatch.setattr(loop.Loop, "_save_weights", full)
    usage = shutil.disk_usage
    low = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda path: low if len(saves) == 2 else usage(path))
    with pytest.raises(LabError, match="MiB") as caught:
        again(tmp_path / "run")
    assert caught.value.code == "disk"
    assert [p.name for p in checkpoints.all_checkpoints(tmp_path / "run")] == ["checkpoint-6"]
    assert not list((tmp_path / "run").glob("*.partial"))
    saves += [None] * 10
    history = again(tmp_path / "run")
    assert history.resumed_from == "checkpoint-6" and fingerprint(history.model) == expected


SMALL_DISK = """
import sys
from pathlib import Path
sys.path.insert(0, TESTS)
from labutils.errors import LabError
from labutils.models import fingerprint
from labutils.training import checkpoints, loop
from stopped import again
expected = fingerprint(again(Path("elsewhere")).model)
ballast, step = Path("disk/ballast"), loop.Loop.step
def filling(self, *args):
    if self.progress.step == 9 and not ballast.exists():
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(2**16))
                    file.flush()
            except OSError:
                file.truncate(file.tell() // 2**16 * 2**16 - 2**17)
    return step(self, *args)
loop.Loop.step = filling
try:
    again(Path("disk/run"))
except LabError as error:
    print(error.code, [path.name for path in checkpoints.all_checkpoints(Path("disk/run"))])
ballast.write_bytes(b"")
history = again(Path("disk/run"))
print(history.resumed_from, fingerprint(history.model) == expected)
"""


def test_on_a_disk_of_60_mb_the_older_checkpoint_stays_and_the_same_call_goes_on(tmp_path):
    """A real one, where the system lets us mount it for one process."""
    mounted = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=60m none disk && exec "$@"', "sh"]
    (tmp_path / "disk").mkdir()
    if (
        not shutil.which("unshare")
        or subprocess.run([*mounted, "true"], cwd=tmp_path, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here; test_a_disk_that_fills_up_... imitates one")
    code = SMALL_DISK.replace("TESTS", repr(str(Path(__file__).parents[1])))
    done = subprocess.run(
        [*mounted, sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-2:] == ["disk ['checkpoint-6']", "checkpoint-6 True"], done.stdout + done.stderr
