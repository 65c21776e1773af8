"""How often the verdict is right: labelled curves in, a confusion table out.

python benchmarks/verdict.py                  # the published figures, on held-out shapes and seeds
python benchmarks/verdict.py --calibration    # the curves that thresholds were chosen with
python benchmarks/verdict.py --families       # harder curves, family by family
python benchmarks/verdict.py --prefixes       # the same as they grow, each judged at 30 lengths
python benchmarks/verdict.py --without-groks  # curves that never grok, as they grow: how many are ever called so
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
from families import FAMILIES, GROWING, Judged, judged_run, prefix, prefix_lengths

from grokyolo.gap.series import Series
from grokyolo.verdict import Assessment, Verdict, assess

ORDER = tuple(Verdict)


def main() -> int:
    """Judge the curves, print tables and goals; exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calibration", action="store_true", help="the calibration set instead")
    parser.add_argument("--curves", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--wrong", action="store_true", help="list every curve that was judged wrongly")
    parser.add_argument("--families", action="store_true", help="harder curves, --each of every family")
    parser.add_argument("--prefixes", action="store_true", help="growing runs, --each of every family")
    parser.add_argument("--without-groks", action="store_true", help="growing runs without a grok, --curves of them")
    parser.add_argument("--each", type=int, default=60)
    args = parser.parse_args()
    families = CALIBRATION if args.calibration else HELD_OUT
    seed = args.seed if args.seed is not None else (1 if args.calibration else 60_007)
    if args.families:
        return judge_families(seed, args.each, families, args.wrong)
    if args.prefixes:
        return judge_prefixes(seed, args.each, families, args.wrong)
    if args.without_groks:
        return judge_without_groks(seed, args.curves, families)
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


def judge_families(seed: int, each: int, shapes: tuple, wrong: bool) -> int:
    """Judge the harder curves and print one row a family; 1 when a family misses a goal."""
    print(
        "| family | runs | right | groks found | false groks | jump, start, end: median error "
        "| memorised: median error | confounders named | confidence |"
    )
    print("| --- " + "| ---: " * 8 + "|")
    missed = False
    for name in FAMILIES:
        count = max(each // 6, 5) if "1,000,000" in name else each
        results = [(run, assess(run.series)) for run in (judged_run(name, seed, i, shapes) for i in range(count))]
        if wrong:
            for index, (run, found) in enumerate(results):
                if found.verdict not in run.right:
                    print(
                        f"{name} {index}: {run.kind}, {len(run.series)} epochs: {found.verdict.value}: {found.reason}"
                    )
        row, met = family_row(name, results)
        missed |= not met
        print(row, flush=True)
    return int(missed)


def family_row(name: str, results: list[tuple[Judged, Assessment]]) -> tuple[str, bool]:
    """Return a row of the table, and whether the family meets the goals."""
    grok = Verdict.GROKKED
    right = [found.verdict in run.right for run, found in results]
    found_groks = [found.verdict is grok for run, found in results if run.is_grok]
    false = [found.verdict is grok for run, found in results if grok not in run.right]
    confounded = any(found.verdict is grok for run, found in results if run.confounders)
    errors = [
        (abs(found.jump.epoch / run.jump - 1), abs(found.jump.start / run.start - 1), abs(found.jump.end / run.end - 1))
        for run, found in results
        if run.jump and run.start and run.end and found.jump and found.verdict in run.right
    ]
    memorised = [abs((found.memorised_epoch or 0) / run.memorised - 1) for run, found in results if run.memorised]
    named = [
        set(run.confounders) <= {event.kind for event in found.confounders} for run, found in results if run.confounders
    ]
    words = [confidence_is_right(run, found) for run, found in results if run.confidence]
    cells = [
        name,
        str(len(results)),
        f"{np.mean(right):.1%}",
        f"{sum(found_groks)} of {len(found_groks)}" if found_groks else "–",
        f"{sum(false)} of {len(false)}" if false else "–",
        ", ".join(f"{error:.1%}" for error in np.median(errors, axis=0)) if errors else "–",
        f"{np.median(memorised):.1%}" if memorised else "–",
        f"{sum(named)} of {len(named)}" if named else "–",
        f"{sum(words)} of {len(words)}" if words else "–",
    ]
    met = np.mean(right) >= 0.95 and (not found_groks or np.mean(found_groks) >= 0.95) and not confounded
    met = met and (not false or np.mean(false) <= 0.01) and (not errors or np.median(errors, axis=0)[0] <= 0.05)
    return f"| {' | '.join(cells)} |", bool(met)


def confidence_is_right(run: Judged, found: Assessment) -> bool:
    """Whether the word of confidence is the one that the size of the validation set asks for."""
    return found.confidence.value == run.confidence or (
        run.confidence == "not firm" and found.confidence.value != "firm"
    )


def judge_prefixes(seed: int, each: int, shapes: tuple, wrong: bool) -> int:
    """Judge runs at 30 lengths each; print the rate of flips without cause and the false groks of each family."""
    print("| family | runs | flips without cause | false groks at any length |")
    print("| --- | ---: | ---: | ---: |")
    totals = Counter[str]()
    for name in GROWING:
        counts = Counter[str]()
        for index in range(each):
            run = judged_run(name, seed, index, shapes)
            words = [assess(prefix(run.series, rows)).verdict for rows in prefix_lengths(run.series)]
            changes = [word for i, word in enumerate(words) if i == 0 or word is not words[i - 1]]
            flips = len(changes) - len(set(changes)) > run.turns
            false = Verdict.GROKKED in changes and not run.ever_groks
            counts.update(runs=1, flips=flips, without=not run.ever_groks, false=false)
            if wrong and (flips or false):
                print(f"{name} {index}: {run.kind}: {', '.join(word.value for word in changes)}")
        totals += counts
        print(prefix_row(name, counts), flush=True)
    print(prefix_row("all", totals))
    return int(totals["flips"] > 0.02 * totals["runs"] or totals["false"] > 0)


def judge_without_groks(seed: int, curves: int, shapes: tuple) -> int:
    """Judge runs of at most 5,000 rows that never grok, at 30 lengths each; 1 when one of them is called grokked."""
    false = judged = words = 0
    for index in range(10 * curves):
        name, series = without_grok(seed, index, shapes)
        if series is None:
            continue
        found = {rows: assess(prefix(series, rows)) for rows in prefix_lengths(series, least=12)}
        groks = [rows for rows, assessment in found.items() if assessment.verdict is Verdict.GROKKED]
        judged, words, false = judged + 1, words + len(found), false + bool(groks)
        if groks:
            print(f"{index}: {name}, {len(series)} epochs, after {groks[0]}: {found[groks[0]].reason}", flush=True)
        if judged % 100 == 0 or judged == curves:
            print(f"{false} of {judged} curves called grokked at any length ({words} verdicts)", flush=True)
        if judged == curves:
            break
    return int(false > 0)


def without_grok(seed: int, index: int, shapes: tuple) -> tuple[str, Series | None]:
    """Return a kind and a run of it, from `curves` and `families` in turns; no run where it groks at some time."""
    if index % 2:
        names = [name for name in FAMILIES if name not in ("100,000 to 1,000,000 rows", "extended groks")]
        run = judged_run(names[index // 2 % len(names)], seed, index, shapes)
        return f"{run.family}, {run.kind}", None if run.ever_groks or Verdict.GROKKED in run.right else run.series
    curve = labelled_curve(seed, index // 2, shapes, longest=3000)
    groks = curve.verdict is Verdict.GROKKED or curve.kind == "grok lost again"
    return curve.kind, None if groks else curve.series


def prefix_row(name: str, counts: Counter[str]) -> str:
    """Return a row of the table of prefixes."""
    flips = f"{counts['flips']} ({counts['flips'] / counts['runs']:.1%})"
    return f"| {name} | {counts['runs']} | {flips} | {counts['false']} of {counts['without']} |"


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
