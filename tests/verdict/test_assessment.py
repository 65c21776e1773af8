"""The JSON of a verdict, word for word as DESIGN section 5 shows it."""

import math

from grokyolo.gap.series import Event, EventKind
from grokyolo.verdict import Assessment, Confidence, Jump, Verdict
from grokyolo.verdict.assessment import Collapse


def example(**changes) -> Assessment:
    fields = {
        "run": "runs/exp1",
        "verdict": Verdict.GROKKED,
        "reason": "one sentence",
        "confidence": Confidence.FIRM,
        "epochs": 280,
        "score_name": "top1",
        "like_for_like": True,
        "memorised_epoch": 6,
        "jump": Jump(128, 101, 172, 0.0, 0.98, 21.3),
        "loss_gap": 0.01,
        "score_gap": 0.02,
        "score_gap_max": 1.0,
        "best_epoch": 280,
        "best_score": 0.987,
    }
    return Assessment(**{**fields, **changes})


def test_the_example_of_the_contract():
    assert example().to_json() == {
        "run": "runs/exp1",
        "verdict": "grokked",
        "reason": "one sentence",
        "epochs": 280,
        "score_name": "top1",
        "like_for_like": True,
        "confidence": "firm",
        "memorised_epoch": 6,
        "jump": {"epoch": 128, "start": 101, "end": 172, "from": 0.0, "to": 0.98, "lateness": 21.3},
        "gap": {"loss": 0.01, "score": 0.02, "score_max": 1.0},
        "best": {"epoch": 280, "score": 0.987},
        "confounders": [],
        "warnings": [],
        "collapses": [],
    }


def test_a_collapse_has_its_epochs_and_levels():
    collapse = Collapse("val_score", 200, 210, 230, 0.93, 0.14)
    (told,) = example(collapses=(collapse,)).to_json()["collapses"]
    assert told == {"what": "val_score", "start": 200, "epoch": 210, "end": 230, "from": 0.93, "to": 0.14}


def test_absent_things_are_null():
    parsed = example(jump=None, memorised_epoch=None, best_epoch=None, score_name="", score_gap=None).to_json()
    assert [parsed[key] for key in ("jump", "memorised_epoch", "best", "score_name")] == [None] * 4
    assert parsed["gap"]["score"] is None


def test_numbers_that_are_none_are_null():
    parsed = example(loss_gap=math.inf, score_gap=math.nan, jump=Jump(2, 1, 3, math.nan, 1.0, None)).to_json()
    assert parsed["gap"] == {"loss": None, "score": None, "score_max": 1.0}
    assert parsed["jump"]["from"] is None
    assert parsed["jump"]["lateness"] is None


def test_confounders_are_words_with_epochs():
    event = Event(120, EventKind.MOSAIC_CLOSED, "close_mosaic=10 in args.yaml")
    assert example(confounders=(event,)).to_json()["confounders"] == [
        "mosaic-closed at epoch 120 (close_mosaic=10 in args.yaml)"
    ]
