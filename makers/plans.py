"""`python -m makers.plans`: trace the plans that the labs show side by side into data/plans.json, what is there left as it is."""

import datetime
import time

from labutils import files
from labutils.machine import paths, provenance
from labutils.planning import plans


def main() -> None:
    """Trace each plan that the file does not hold, and write the file after each: a stop loses one."""
    path = paths.data_dir() / plans.FILE
    content = files.read_json(path) or {"core_seconds": 0.0, "plans": []}
    rows = {
        plans.Plan(*(row[name] for name in ("shape", "way", "precision", "parts"))): row for row in content["plans"]
    }
    for plan in plans.all_plans():
        if plan in rows:
            continue
        start = time.process_time()
        rows[plan] = plans.record(plan, plan.trace())
        content["core_seconds"] = round(content["core_seconds"] + time.process_time() - start, 1)
        content |= {
            "command": "python -m makers.plans", "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "versions": provenance.versions(), "batch_size": plans.BATCH, "tokens": list(plans.TOKENS),
        }  # fmt: skip
        files.write_json(path, content | {"plans": [rows[plan] for plan in plans.all_plans() if plan in rows]})
        print(plan, f"{plan.trace().peak_mib / 1024:.1f} GiB", flush=True)


if __name__ == "__main__":
    main()
