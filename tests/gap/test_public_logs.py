"""Logs that people have published, of every generation: read whole, and as their index describes them."""

import csv
import re

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import Series, Source, read_run
from tests.conftest import ROOT

LOGS = ROOT.parent / "shared" / "results-csv"


def index() -> list[dict[str, str]]:
    if not (LOGS / "INDEX.tsv").exists():
        return []
    with (LOGS / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


ENTRIES = index()
REFUSED = "qinggangwu__yolov7-pose_Npoint_Ncla__v7pose100"
ENTRIES_READ = [entry for entry in ENTRIES if entry["dir"] != REFUSED]


@pytest.fixture(scope="module")
def runs() -> dict[str, Series]:
    if not ENTRIES:
        pytest.skip(f"no logs in {LOGS}")
    return {entry["dir"]: read_run(LOGS / entry["dir"]) for entry in ENTRIES_READ}


SEVERAL_RUNS = {
    "Horizon-42__waterfowl_detect__train12-336": 325,  # 334 epochs, then 324 and 325 again
    "Jiaoyut__MDD-Crack-Detection__seg200-dup100": 100,  # two runs of 100
    "Jannis241__ClashFoFBot__FUFU-resumed": 98,  # 1, 1, 10 and 20 epochs before it
    "MustafaGulsoy__ToothXRayAnalyze__train26-dupgap": 9,  # two processes: 13 rows
}
"""Files that hold more than one run: the epochs of the one that counts."""
SKIPPED = "oyjuffer__mt2024-YOLOv8-ensemble__train-noval100"


BEST = re.compile(r"(mAP50-95|mAP_0\.5:0\.95|accuracy_top1)(\(.\))? best ([\d.]+) row")
HEADLINE = re.compile(r"metrics/(mAP50-95|mAP_0\.5:0\.95|accuracy_top1)(\(.\))?")


def at(row: int, series: Series) -> float:
    """Return the score that counts at a row: a block of equal rows is measured once, at its start."""
    measured = series.val_score[: row + 1]
    return float(measured[~np.isnan(measured)][-1])


def test_every_log_of_the_index_is_there():
    if not ENTRIES:
        pytest.skip(f"no logs in {LOGS}")
    assert len(ENTRIES) == 53
    assert all((LOGS / entry["dir"]).is_dir() for entry in ENTRIES)


def test_all_rows_of_a_run_are_read(runs):
    read = {name: len(series) for name, series in runs.items()}
    assert read == {entry["dir"]: SEVERAL_RUNS.get(entry["dir"], int(entry["rows"])) for entry in ENTRIES_READ}
    assert all(series.epoch.tolist() == list(range(1, len(series) + 1)) for series in runs.values())


def test_the_family_is_known(runs):
    for entry in ENTRIES_READ:
        old = entry["generation"].startswith(("v5", "v9"))
        assert runs[entry["dir"]].source is (Source.YOLOV5 if old else Source.ULTRALYTICS), entry["dir"]


def test_the_best_score_is_that_of_the_index(runs):
    """The index took the best of a smoothed curve, so the best measurement is as good or a little better."""
    compared = 0
    for entry in ENTRIES_READ:
        found = BEST.search(entry["note"])
        if found is None or entry["dir"] in SEVERAL_RUNS:
            continue
        series, (kind, part, best) = runs[entry["dir"]], found.groups()
        name = "top1" if kind == "accuracy_top1" else "mAP50-95" + (part if part in {"(M)", "(P)"} else "")
        assert series.score_name == name, entry["dir"]
        assert -6e-5 <= np.nanmax(series.val_score) - float(best) < 0.06, entry["dir"]
        compared += 1
    assert compared > 40


def test_the_first_and_the_last_score_are_those_of_the_file(runs):
    compared = 0
    for entry in ENTRIES_READ:
        log = LOGS / entry["dir"] / "results.csv"
        if entry["dir"] in SEVERAL_RUNS or entry["dir"] == SKIPPED or not log.exists():
            continue
        with log.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
        series = runs[entry["dir"]]
        column = max(i for i, name in enumerate(header) if HEADLINE.fullmatch(name))
        assert at(0, series) == float(rows[0][column]), entry["dir"]
        assert at(len(series), series) == float(rows[-1][column]), entry["dir"]
        compared += 1
    assert compared > 40


def test_zeros_of_a_skipped_validation_are_no_late_jump(runs):
    assert np.flatnonzero(runs[SKIPPED].measured).tolist() == [99]


def test_columns_that_are_not_certain_are_refused():
    if not ENTRIES:
        pytest.skip(f"no logs in {LOGS}")
    with pytest.raises(RunError, match="17 columns"):
        read_run(LOGS / REFUSED)
