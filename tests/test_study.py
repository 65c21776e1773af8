"""The parts of benchmarks/study.py that need no training: its data, its order of runs, its rule."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grokyolo.gap.series import Event, EventKind
from grokyolo.recipe import load
from grokyolo.verdict import Assessment, Verdict
from grokyolo.verdict.assessment import Confidence

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
try:
    import study_data
    import study_design
finally:
    sys.path.pop(0)

MEMORISING, GROKKED, DELAYED = Verdict.MEMORISING, Verdict.GROKKED, Verdict.DELAYED_JUMP


@pytest.fixture(scope="module")
def scans():
    random = np.random.default_rng(0)
    return study_data.Scans(random.integers(1, 256, (600, 8, 8), np.uint8), random.integers(0, 10, 600))


def found(*verdicts, confidence=Confidence.FIRM, confounders=()):
    return {
        seed: Assessment("run", verdict, "", confidence, 100, "top1", True, confounders=confounders)
        for seed, verdict in enumerate(verdicts)
    }


def answer(*strong, controls=((MEMORISING,) * 3,) * 2, **options):
    return study_design.answer(found(*strong, **options), [found(*control) for control in controls])


# Data


def test_no_scan_both_trains_and_validates():
    train, val = study_data.split(600, 3, 50, 500)
    assert (len(set(train)), len(set(val)), set(train) & set(val)) == (50, 500, set())


def test_a_seed_always_draws_the_same_scans_and_another_one_others():
    assert study_data.split(600, 1, 50, 500) == study_data.split(600, 1, 50, 500)
    assert study_data.split(600, 1, 50, 500) != study_data.split(600, 2, 50, 500)


def test_pixels_are_repeated_so_that_averages_give_the_scan_back(scans):
    large = study_data.enlarged(scans.shades[0], 32)
    assert np.array_equal(large.reshape(8, 4, 8, 4).mean((1, 3)), scans.shades[0])


def test_classes_are_written_with_a_folder_for_each_digit(scans, tmp_path):
    study_data.write_classes(scans, tmp_path, seed=0)
    for part, count in (("train", study_data.TRAIN), ("val", study_data.VAL)):
        assert sorted(folder.name for folder in (tmp_path / part).iterdir()) == list("0123456789")
        assert len(list((tmp_path / part).glob("*/*.png"))) == count


def test_labels_are_where_the_digits_are(scans, tmp_path):
    study_data.write_scenes(scans, tmp_path, seed=0)
    for image in sorted(tmp_path.glob("images/*/*.png")):
        labels = tmp_path / "labels" / image.parent.name / f"{image.stem}.txt"
        seen = np.zeros((study_data.SCENE, study_data.SCENE), int)
        for line in labels.read_text().splitlines():
            x, y, width, height = (float(number) * study_data.SCENE for number in line.split()[1:])
            top, left = round(y - height / 2), round(x - width / 2)
            seen[top : top + round(height), left : left + round(width)] += 1
        assert np.array_equal(seen, np.asarray(Image.open(image).convert("L")) > 0)


# Order of runs


def test_all_runs_are_there_once_and_none_has_the_name_of_another():
    planned = list(study_design.runs())
    assert Counter(run.arm.name for run in planned) == {"A": 15, "A8": 15, "B": 9, "C": 9, "D": 9}
    assert len({run.name for run in planned}) == len(planned)


@pytest.mark.parametrize("arm", study_design.ARMS, ids=lambda arm: arm.name)
def test_recipes_hold_what_the_document_says(arm):
    run = study_design.Run(arm, 1.0, 2)
    recipe = load(str(BENCHMARKS / "study" / f"{arm.recipe}.yaml"), ["data=coco8.yaml", *run.overrides])
    budget = recipe.train["epochs"] * recipe.train["lr0"]
    assert budget == pytest.approx({"A": 6.0, "A8": 6.0, "B": 3.0, "C": 4.5, "D": 2.4}[arm.name])
    assert (recipe.train["weight_decay"], recipe.train["seed"], recipe.gap.budget) == (1.0, 2, None)
    assert recipe.train["batch"] == recipe.train["nbs"]


# The rule


def test_all_of_three_seeds_must_jump():
    assert answer(GROKKED, GROKKED, GROKKED) == "yes: grokking"
    assert answer(GROKKED, DELAYED, GROKKED) == "yes: delayed generalisation"
    assert answer(GROKKED, MEMORISING, GROKKED) == "undecided"
    assert answer(MEMORISING, MEMORISING, MEMORISING) == "no"


def test_one_of_five_seeds_may_differ():
    assert answer(*[GROKKED] * 4, MEMORISING) == "yes: grokking"
    assert answer(*[GROKKED] * 3, DELAYED, MEMORISING) == "yes: delayed generalisation"
    assert answer(*[MEMORISING] * 4, GROKKED) == "no"
    assert answer(*[MEMORISING] * 3, GROKKED, GROKKED) == "undecided"


def test_of_four_complete_seeds_the_first_three_count():
    assert answer(*[GROKKED] * 3, MEMORISING) == "yes: grokking"


def test_a_run_without_a_clear_verdict_forbids_a_no():
    assert answer(MEMORISING, MEMORISING, Verdict.UNDECIDED) == "undecided"
    assert answer(MEMORISING, MEMORISING, Verdict.DIVERGED) == "undecided"


def test_fewer_than_three_seeds_say_nothing():
    assert answer(GROKKED, GROKKED) == "undecided: 2 complete seeds"


def test_jumps_in_a_control_mean_that_decay_is_not_the_cause():
    controls = [(MEMORISING,) * 3, (GROKKED, DELAYED, MEMORISING)]
    assert answer(GROKKED, GROKKED, GROKKED, controls=controls) == "yes, but not by decay"


def test_a_yes_needs_complete_controls_and_a_no_does_not():
    controls = [(MEMORISING,) * 3, ()]
    assert answer(GROKKED, GROKKED, GROKKED, controls=controls).startswith("undecided: a late jump")
    assert answer(MEMORISING, MEMORISING, MEMORISING, controls=controls) == "no"


def test_a_jump_with_few_images_or_a_confounder_does_not_count():
    assert answer(GROKKED, GROKKED, GROKKED, confidence=Confidence.LOSS_ONLY) == "no"
    assert answer(DELAYED, DELAYED, DELAYED, confounders=(Event(5, EventKind.RETRY),)) == "no"
