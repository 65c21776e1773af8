"""What may change when a run goes on."""

import pytest

from grokyolo.errors import UsageError
from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.recipe import load
from grokyolo.run import extension
from grokyolo.run import state as states
from grokyolo.run.folder import write_settings
from grokyolo.training import state

CONTROL = "grok-modular-addition"


@pytest.fixture
def run(tmp_path):
    write_settings(tmp_path, load(CONTROL))
    states.save(tmp_path, 280, state.encode({}), keep=1)
    with GapWriter(tmp_path / "gap.csv") as log:
        for epoch in range(1, 301):
            log.append(EpochRecord(epoch, epoch, 1.0))
    return tmp_path


def change(run, *overrides):
    return extension.change_of(run, load(CONTROL), load(CONTROL, overrides))


def test_more_epochs_at_a_constant_learning_rate_are_no_event(run):
    assert change(run, "epochs=500").events == ()


def test_more_epochs_of_a_decaying_schedule_stretch_it(run):
    old = load(CONTROL, ["lrf=0.01"])
    new = load(CONTROL, ["lrf=0.01", "epochs=500"])
    assert extension.change_of(run, old, new).events == (EventKind.LR_CHANGED,)


@pytest.mark.parametrize(
    ("override", "event"),
    [
        ("lr0=0.001", EventKind.LR_CHANGED),
        ("weight_decay=0.5", EventKind.WD_CHANGED),
        ("data.fraction=0.7", EventKind.DATA_CHANGED),
        ("fliplr=0.5", EventKind.DATA_CHANGED),
    ],
)
def test_what_moves_the_curves_is_logged_on_the_next_epoch(run, override, event):
    assert change(run, "epochs=500", override) == extension.Extension(281, (event,))


@pytest.mark.parametrize("override", ["batch=32", "optimizer=SGD", "seed=1", "gap.probe=16"])
def test_what_makes_another_training_of_it_is_refused(run, override):
    with pytest.raises(UsageError, match="cannot change in the middle of a run"):
        change(run, "epochs=500", override)


@pytest.mark.parametrize(
    ("old", "new", "where", "typed"),
    [
        ("batch=64", "batch=32", "train.batch: 64 before, 32 now", "batch=32"),
        ("seed=0", "accelerate.orthograd=true", "accelerate.orthograd: null before, true now", None),
        (
            "accelerate.orthograd=true",
            "accelerate.orthograd=false",
            "accelerate.orthograd: true before, null now",
            None,
        ),
        ("accelerate.initial_scale=2.0", "accelerate.initial_scale=null", "2.0 before, null now", None),
    ],
)
def test_the_refusal_says_what_to_type_for_a_new_training(run, old, new, where, typed):
    with pytest.raises(UsageError) as caught:
        extension.change_of(run, load(CONTROL, [old]), load(CONTROL, ["epochs=500", new]))
    assert where in caught.value.where
    *_, hint = caught.value.hint.split()
    assert hint == (typed or new)
    load(CONTROL, [hint])


def test_it_must_make_the_run_longer(run):
    with pytest.raises(UsageError) as caught:
        change(run, "epochs=280")
    assert "--epochs 560" in caught.value.hint


def test_a_damaged_state_does_not_count(run):
    newest = states.save(run, 300, state.encode({}), keep=2)
    newest.write_bytes(b"rotten")
    assert extension.last_saved_epoch(run) == 280
