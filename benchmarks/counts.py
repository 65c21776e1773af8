"""Count Ultralytics' own architectures, for `grokyolo plan` to look up: grokyolo/plan/counts.json.

python benchmarks/counts.py      # or `make counts`, after a new release of Ultralytics; goes on where it was stopped
"""

from __future__ import annotations

import gc
import json
import sys

from grokyolo.plan import model
from grokyolo.training.model_count import count

SCALES = {"": "nsmlx", "-seg": "nsm", "-pose": "nsm", "-obb": "nsm", "-cls": "nsm"}
"""By task; larger ones are built when somebody asks for them."""
NAMES = [
    f"{family}{scale}{task}" for family in ("yolo26", "yolo11", "yolov8") for task in SCALES for scale in SCALES[task]
]
NAMES += [f"{family}{scale}" for family in ("yolo12", "yolov5", "yolov10") for scale in "nsm"]


def main() -> None:
    """Count, and write the file after each."""
    known = json.loads(model.SHIPPED.read_text(encoding="utf-8")) if model.SHIPPED.exists() else {}
    found = {}
    for number, name in enumerate(NAMES, 1):
        question, table = model.question_of(f"{name}.yaml")
        key = model.key_of(table, question)
        found[key] = known.get(key) or count(**question)
        gc.collect()  # models hold themselves
        lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in found.items())
        model.SHIPPED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        sys.stderr.write(f"\r{number} of {len(NAMES)}: {name}   ")


if __name__ == "__main__":
    main()
