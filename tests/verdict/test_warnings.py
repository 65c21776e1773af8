"""What a reader should know besides the reason."""

import numpy as np

from grokyolo.gap.series import Event, EventKind
from grokyolo.verdict import assess
from tests.verdict.runs import control


def test_a_clean_run_has_none():
    assert assess(control()).warnings == ()


def test_recoveries_are_listed():
    events = tuple(Event(epoch, EventKind.RECOVER) for epoch in (10, 20, 30, 40, 50))
    assert (
        "recovered from a loss that was not finite at epoch 10, 20, 30 and 2 more"
        in assess(control(events=events)).warnings
    )


def test_losses_that_were_not_finite():
    series = control()
    series.val_loss[[9, 19]] = np.inf
    assert "the validation loss was not finite in 2 epochs, last at epoch 20" in assess(series).warnings


def test_small_validation_sets():
    assert any("0.25" in warning for warning in assess(control(val_images=4)).warnings)


def test_sparse_measurement_makes_the_memorised_epoch_a_bound():
    assert any("may have been earlier" in warning for warning in assess(control(every=10)).warnings)


def test_notes_of_the_reader_are_passed_on():
    assert assess(control(notes=("two rows left out",))).warnings == ("two rows left out",)


def test_exploding_weights_are_remarked_on():
    norms = np.linspace(10.0, 200.0, 280)
    assert any("grew from 10 to 200" in text for text in assess(control(norm_decayed=norms)).warnings)
    assert not any("grew" in text for text in assess(control(norm_decayed=norms[:100].repeat(3)[:280])).warnings)
