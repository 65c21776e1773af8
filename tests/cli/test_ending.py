"""What ends a training before its last epoch: patience, a settled verdict; said, and gone on from."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from grokyolo.recipe.models import Ending
from grokyolo.verdict import Verdict
from tests.cli.conftest import TINY, comparable, problem, rows, wait_for_epochs

MEMORISES = (*TINY, "weight_decay=0", "epochs=100", "stop.on=[overfitting, memorising]", "stop.settled=0.3")


def facts(run) -> dict:
    return yaml.safe_load((run / "grokyolo.yaml").read_text())


def test_every_verdict_but_undecided_may_end_a_training():
    assert {*get_args(Ending), "undecided"} == {verdict.value for verdict in Verdict}


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A run that a verdict ended: its folder, and what was printed."""
    import contextlib
    import io

    from grokyolo.cli import main

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.chdir(tmp_path_factory.mktemp("ended"))
        assert main(["train", *MEMORISES, "--name", "a"]) == 0
        return Path("runs/a").absolute(), out.getvalue()


def test_a_verdict_that_has_settled_ends_a_training(ended):
    run, out = ended
    last = rows(run)[-1]
    assert 30 < int(last["epoch"]) < 100
    assert last["event"] == "stop"
    assert last["val_score"] and last["probe_score"], "the last epoch is measured"
    assert facts(run)["ended_by"] == "overfitting"
    assert out.splitlines()[0] == f"done: runs/a (stop.on ended it after epoch {last['epoch']} of 100: overfitting)"


def test_a_killed_training_ends_with_the_same_epoch(ended, process, grokyolo, workplace):
    run, _ = ended
    child = process("train", *MEMORISES, "--name", "a")
    wait_for_epochs(workplace / "runs/a", 20, child)
    child.kill()
    child.wait()
    assert grokyolo("resume", "runs/a")[0] == 0
    assert comparable(workplace / "runs/a") == comparable(run)
    assert facts(workplace / "runs/a")["ended_by"] == "overfitting"


def test_it_goes_on_longer_or_without_the_verdict(ended, grokyolo, workplace):
    import shutil

    shutil.copytree(ended[0], workplace / "runs/a")
    done = len(rows(workplace / "runs/a"))
    code, _, err = grokyolo("resume", "runs/a")
    early = f"stop.on ended it after epoch {done} of 100: overfitting"
    hint = "grokyolo extend runs/a --epochs 200"
    assert (code, problem(err)) == (2, (f"the run is finished: {early}", "runs/a", hint))
    code, _, err = grokyolo("extend", "runs/a", "--epochs", "100")
    hint = "grokyolo extend runs/a --epochs 100 'stop.on=[memorising]'"
    assert (code, problem(err)) == (2, (f"{early}, and would again at once", "runs/a", hint))
    assert grokyolo("extend", "runs/a", "--epochs", "100", "stop.on=[memorising]", "stop.settled=0.9")[0] == 0
    assert len(rows(workplace / "runs/a")) == 100
    assert [row["event"] for row in rows(workplace / "runs/a") if row["event"]] == ["start", "stop", "resume"]
    assert grokyolo("resume", "runs/a")[0] == 2


def test_patience_is_said_and_another_one_goes_on(grokyolo, workplace):
    typed = ("train", *TINY, "weight_decay=0", "epochs=40", "patience=2", "stop.patience_from=6", "--name", "p")
    code, out, _ = grokyolo(*typed)
    run = workplace / "runs/p"
    done = len(rows(run))
    assert (code, done) == (0, 7)
    early = "train.patience ended it after epoch 7 of 40"
    assert out.splitlines()[0] == f"done: runs/p ({early})"
    code, _, err = grokyolo("extend", "runs/p", "--epochs", "60")
    hint = "grokyolo extend runs/p --epochs 60 patience=0"
    assert (code, problem(err)) == (2, (f"{early}, and 2 epochs of patience would at once", "runs/p", hint))
    assert grokyolo("extend", "runs/p", "--epochs", "60", "patience=12")[0] == 0
    assert 7 < len(rows(run)) < 60
    assert facts(run)["ended_by"] == "patience"
    assert grokyolo("extend", "runs/p", "--epochs", "30", "patience=0")[0] == 0
    assert (len(rows(run)), facts(run)["ended_by"]) == (30, "epochs")


def test_the_best_may_be_that_of_the_lowest_loss(grokyolo, workplace):
    import torch

    assert grokyolo("train", *TINY, "epochs=30", "checkpoint.best=val_loss", "--name", "b")[0] == 0
    run = workplace / "runs/b"
    losses = [float(row["val_loss"]) for row in rows(run)]
    saved = torch.load(run / "weights/best.pt", weights_only=False)
    assert saved["grokyolo"]["epoch"] == losses.index(min(losses)) + 1
    assert saved["best_fitness"] == pytest.approx(-min(losses))


@pytest.mark.parametrize(
    ("typed", "what", "hint"),
    [
        ("stop.on=grokked", "stop.on is 'grokked', but must be a list, each", "write a list such as"),
        ("stop.on=[groked]", "stop.on is [groked], but must be a list, each", "did you mean grokked?"),
        ("stop.on=[undecided]", "stop.on is", ""),
        ("stop.settled=1.5", "stop.settled is 1.5, but must be a number above 0 and below 1", "write stop.settled=0.2"),
        ("stop.patience_from=0", "stop.patience_from is 0, but must be a whole number of at least 1", ""),
        ("stop.patiense_from=3", "stop has no key patiense_from", "did you mean patience_from?"),
        ("checkpoint.best=loss", "checkpoint.best is 'loss', but must be fitness, score or val_loss", ""),
    ],
)
def test_strict(grokyolo, typed, what, hint):
    code, _, err = grokyolo("plan", *TINY, typed)
    found = problem(err)
    assert code == 2
    assert found[0].startswith(what)
    assert found[2].startswith(hint)
