"""A hint that is nothing but arguments is shown as the whole command."""

import shlex

import pytest

from grokyolo.typed import AGAIN, changed, completed
from tests import hints


@pytest.mark.parametrize(
    ("typed", "hint", "whole"),
    [
        ("plan model=a.pt freeze=22", "freeze=10", "plan model=a.pt freeze=10"),
        ("train 'data=a b/data.yaml' train.lr0=5 --name x", "lr0=0.1", "train 'data=a b/data.yaml' --name x lr0=0.1"),
        ("train batch=64 gap.every=2", "batch=8 nbs=8", "train gap.every=2 batch=8 nbs=8"),
        ("train lr0=1", "--verbose", "train lr0=1 --verbose"),
        ("train --time-limit tomorrow lr0=1", "--time-limit 11h30m", "train lr0=1 --time-limit 11h30m"),
        ("train --time-limit=tomorrow lr0=1", "--time-limit 11h30m", "train lr0=1 --time-limit 11h30m"),
        ("report runs/a -o -", "-o 'my report.html'", "report runs/a -o 'my report.html'"),
        ("gap runs/a --last -20 --json", "--last 20", "gap runs/a --json --last 20"),
        ("sweep show s --axes=a,b,c", "--axes a,b", "sweep show s --axes a,b"),
        ("resume runs/a", "data=d.yaml", "resume runs/a data=d.yaml"),
        ("train 'data=a b' --verbose", AGAIN, "train 'data=a b' --verbose"),
    ],
)
def test_the_whole_command(typed, hint, whole):
    assert completed(f"grokyolo {typed}", hint) == f"grokyolo {whole}"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("plan", "did you mean lr0?"),
        ("plan", "write epochs=1000"),
        ("train", "--ray HOST:6379 as `ray start --head` prints it"),
        ("resume runs/a", "freeze=10"),
        ("gap runs/a", "model=yolo26n.pt"),
        ("recipes check a.yaml", "lrf=1.0"),
        ("train", "grokyolo recipes"),
        ("train", "it's quoted wrongly: '"),
        ("train", ""),
    ],
)
def test_words_and_what_the_verb_does_not_take_stay(typed, hint):
    assert completed(f"grokyolo {typed}", hint) == hint


def test_changes_are_quoted():
    assert shlex.split(changed(["grokyolo", "plan"], ["model=a b.yaml"])) == ["grokyolo", "plan", "model=a b.yaml"]


@pytest.mark.parametrize(
    ("proposal", "fault"),
    [
        ("grokyolo gap RUN", "leaves RUN to be filled in"),
        ("grokyolo gap nowhere", "names nowhere, which is not there"),
        ("grokyolo recipes lists what there is", "is refused"),
        ("grokyolo train --sped fast", "is refused"),
        ("grokyolo train --recipe nowhere", "is refused"),
        ("grokyolo plan data=a b", "is refused"),
        ("grokyolo nothing", "is refused"),
        ("grokyolo 'gap", "is not quoted for a shell"),
        ("read error.txt, then: grokyolo gap x", "has a command amid words"),
        ("data=my-data.yaml", "names a file that only an example has"),
        ("nvidia-smi  shows who uses it", "has words behind the command"),
    ],
)
def test_the_harvest_finds_what_cannot_be_typed(proposal, fault, workplace):
    assert hints.fault_of(proposal).startswith(fault)


@pytest.mark.parametrize(
    "proposal", ["grokyolo --help", "grokyolo gap --help", "grokyolo plan lr0=0.1", "grokyolo recipes", "remove it"]
)
def test_the_harvest_lets_pass_what_can_be_typed(proposal, workplace):
    assert hints.fault_of(proposal) == ""
