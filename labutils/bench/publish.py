"""Where results go: a figure beside them, and with --publish the project's own record and BENCHMARKS.md."""

import json
import re
from pathlib import Path

from labutils.bench import table
from labutils.bench.results import Results
from labutils.errors import LabError
from labutils.files import in_one_step, keep, write_json, write_text
from labutils.i18n import _
from labutils.machine import paths

MARK = "labs bench"  # in each picture that is ours


def draw(results: Results, path: Path) -> Path:
    """Draw the rates beside the results file, as SVG; a picture of another program under that name is renamed.

    Raises:
        LabError: codes ``"folder"``: there is a folder of that name; ``"disk"``.
    """
    target = path.with_suffix(".svg")
    if target.is_dir():
        raise LabError("folder", _("{path} is a folder, in the place of a picture; move it").format(path=target))
    if target.exists() and MARK.encode() not in target.read_bytes():
        keep(target, "other")
    with in_one_step(target) as buffer:
        table.figure(results).savefig(buffer, format="svg", metadata={"Creator": MARK})
    return target


def publish(results: Results) -> Path:
    """Keep the results in data/benchmarks, one file a machine, and write BENCHMARKS.md from all of them.

    Raises:
        LabError: code ``"bench"``: they are of other sizes or another shape than the record that they would replace.
    """
    if not results["usual"]:
        raise LabError("bench", _("only the usual sizes and shape are published: no --tiny, no --shape"))
    folder = paths.data_dir() / "benchmarks"
    folder.mkdir(exist_ok=True)
    machine = results["machine"]
    name = re.sub(r"[^a-z0-9]+", "-", (machine["gpu"] or f"{machine['cpu']} {machine['cores']} cores").lower()).strip(
        "-"
    )
    write_json(folder / f"{name}.json", results)
    everywhere = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    target = paths.data_dir().parent / "BENCHMARKS.md"
    write_text(target, table.document(everywhere))
    return target
