"""The first code cell of every lab in a Colab edition: the text below, with COURSE, WHEEL and SHA256 set.

It is read as text, never imported. The package is not there yet when it runs: hence only the standard library, and
sentences that are not translated.
"""

# @title Run this first on Colab: it fetches the course. Elsewhere it does nothing. { display-mode: "form" }
# @markdown A folder of your Google Drive for results, as `finetune-labs`, the same in every lab. There they stay, and lab 04
# @markdown goes on from your model of lab 03. Empty: results go when this machine goes.
drive_folder = ""  # @param {type:"string"}

import sys  # noqa: E402

COURSE = ""  # what pip installs
WHEEL, SHA256 = "", ""  # the file that is to be uploaded, if it is one


def fetch_course(drive_folder: str) -> None:
    """Connect Google Drive if a folder is named, and install the course unless it is there."""
    import importlib
    import os
    import subprocess
    import tempfile
    from importlib import metadata
    from pathlib import Path

    from google.colab import drive, files

    where = Path()  # of an uploaded wheel
    name = drive_folder.strip().removeprefix("/content/drive").strip("/")
    if name:
        try:
            drive.mount("/content/drive")
        except Exception as error:
            text = "Google Drive was not connected. Run this cell again and allow it, or leave drive_folder empty."
            raise RuntimeError(text) from error
        top = "" if name.split("/")[0] in ("MyDrive", "Shareddrives") else "MyDrive"
        where = Path("/content/drive", top, name)
        os.environ["LABS_RUNS"] = str(where)
    # The folder labutils says nothing: an uninstalled course may leave one behind, empty.
    here = {str(one.metadata["Name"]).lower().replace("_", "-"): one.version for one in metadata.distributions()}
    if "finetune-labs" in here:
        return
    course = COURSE
    if WHEEL:
        found = [path for path in (Path(WHEEL), where / WHEEL) if path.is_file()]
        if not found:
            print(f"Choose the file {WHEEL}.")
            files.upload()
        course += f"{(found or [Path(WHEEL)])[0].resolve().as_uri()}#sha256={SHA256}"
    print("Installing the course ...")
    kept = [one for one in ("torch", "numpy", "pandas", "ipython", "ipywidgets", "ipykernel") if one in here]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{one}=={here[one]}\n" for one in kept)  # what this machine has of these stays
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", file.name, course]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The course was not installed. What pip says:\n{done.stderr.strip()[-2000:]}")
    importlib.invalidate_caches()
    from labutils.machine import colab

    colab.mend_torchao()
    print("The course is installed. Go on with the next cell.")


if "google.colab" in sys.modules:
    fetch_course(drive_folder)
