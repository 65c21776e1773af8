"""How often the verdict is right: labelled curves in, a confusion table out.

python benchmarks/verdict.py                  # the published figures, on held-out shapes and seeds
python benchmarks/verdict.py --calibration    # the curves that thresholds were chosen with
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from curves import CALIBRATION, HELD_OUT, Labelled, labelled_curve

from grokyolo.verdict import Assessment, Verdict, assess

ORDER = tuple(Verdict)


def main() -> int:
    """Judge the curves, print tables and goals; exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calibration", action="store_true", help="the calibration set instead")
    parser.add_argument("--curves", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--wrong", action="store_true", help="list every curve that was judged wrongly")
    args = parser.parse_args()
    families = CALIBRATION if args.calibration else HELD_OUT
    seed = args.seed if args.seed is not None else (1 if args.calibration else 60_007)
    results, seconds = [], []
    for index in range(args.curves):
        curve = labelled_curve(seed, index, families)
        begin = time.perf_counter()
        assessment = assess(curve.series)
        seconds.append(time.perf_counter() - begin)
        results.append((curve, assessment))
        if args.wrong and judged_as(curve, assessment) is not curve.verdict:
            print(
                f"{index}: {curve.kind}, {len(curve.series)} epochs, {curve.series.val_images} images: "
                f"{assessment.verdict.value}: {assessment.reason}"
            )
    print(confusion_table(results))
    print()
    print(kind_table(results))
    print()
    met = goals(results)
    print(goal_table(met))
    print(f"\nslowest assessment {max(seconds) * 1000:.0f} ms, median {np.median(seconds) * 1000:.1f} ms")
    return 0 if all(ok for _, _, _, ok in met) else 1


Results = list[tuple[Labelled, Assessment]]


def judged_as(curve: Labelled, found: Assessment) -> Verdict:
    """Return the verdict, or the label where the verdict is right as well."""
    return curve.verdict if found.verdict in curve.also else found.verdict


def confusion_table(results: Results) -> str:
    """Return the Markdown table of truth (rows) against verdict (columns)."""
    counts = Counter((curve.verdict, judged_as(curve, found)) for curve, found in results)
    lines = ["| truth \\ verdict | " + " | ".join(v.value for v in ORDER) + " | right |", "| --- " * 10 + "|"]
    for truth in ORDER:
        row = [counts[truth, verdict] for verdict in ORDER]
        share = counts[truth, truth] / max(sum(row), 1)
        lines.append(f"| {truth.value} | " + " | ".join(str(n or "·") for n in row) + f" | {share:.1%} |")
    return "\n".join(lines)


def kind_table(results: Results) -> str:
    """Return the Markdown table of every kind of curve, with the wrong verdicts."""
    kinds: dict[str, list[tuple[Labelled, Assessment]]] = defaultdict(list)
    for curve, found in results:
        kinds[curve.kind].append((curve, found))
    lines = ["| kind | truth | curves | right | otherwise |", "| --- | --- | ---: | ---: | --- |"]
    for kind, members in kinds.items():
        truth = members[0][0].verdict
        words = [judged_as(curve, found) for curve, found in members]
        wrong = Counter(word.value for word in words if word is not truth)
        share = 1 - sum(wrong.values()) / len(members)
        listed = ", ".join(f"{name} {count}" for name, count in wrong.most_common())
        lines.append(f"| {kind} | {truth.value} | {len(members)} | {share:.1%} | {listed} |")
    return "\n".join(lines)


def goals(results: Results) -> list[tuple[str, float, float, bool]]:
    """Return (goal, measured, limit, met) for each goal of the calibration."""
    grok = Verdict.GROKKED
    true = [found.verdict is grok for curve, found in results if curve.verdict is grok]
    false = [found.verdict is grok for curve, found in results if curve.verdict is not grok]
    confounded = sum(found.verdict is grok for curve, found in results if curve.confounded)
    errors = [
        abs(found.jump.epoch - curve.jump) / curve.jump
        for curve, found in results
        if curve.jump and found.jump and curve.verdict is found.verdict
    ]
    agree = float(np.mean([judged_as(curve, found) is curve.verdict for curve, found in results]))
    rows = [
        ("false `grokked`, of curves without a grok, at most", float(np.mean(false)), 0.01, -1),
        ("`grokked` with a confounder at the jump, at most", float(confounded), 0.0, -1),
        ("true groks found, at least", float(np.mean(true)), 0.95, 1),
        ("overall agreement, at least", agree, 0.92, 1),
        ("median error of the jump epoch, at most", float(np.median(errors)), 0.05, -1),
    ]
    return [(name, got, limit, got >= limit if sign > 0 else got <= limit) for name, got, limit, sign in rows]


def goal_table(met: list[tuple[str, float, float, bool]]) -> str:
    """Return the Markdown table of the goals."""
    lines = ["| goal | measured | limit | met |", "| --- | ---: | ---: | --- |"]
    for name, got, limit, ok in met:
        lines.append(f"| {name} | {got:.2%} | {limit:.0%} | {'yes' if ok else 'NO'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
