"""The progress of a training: one line in place on a terminal, a line now and then elsewhere."""

import io
import math
import re
from pathlib import Path

import pytest
from rich.console import Console

from grokyolo.gap import EpochRecord
from grokyolo.notify.listener import Progress
from grokyolo.view import live as module
from grokyolo.view.live import TrainingProgress, fitted, progress_fields


def epoch(number: int, epochs: int = 1000, seconds: float | None = None, **values: float | None) -> Progress:
    known = {"train_loss": 1.5, "probe_loss": 1.25, "val_loss": 2.5, "probe_score": 0.75, "val_score": 0.5, **values}
    record = EpochRecord(number, 9 * number, 0.5 * number if seconds is None else seconds, **known)
    return Progress(record, epochs, "mAP50-95")


def fields(progress: Progress, per_epoch: float | None = 0.5) -> list[tuple[int, str]]:
    return progress_fields(progress, progress, per_epoch)


def test_the_whole_line():
    assert fitted(fields(epoch(500)), 200) == (
        "500/1000 · loss train/probe/val 1.500 1.250 2.500 · mAP50-95 probe 0.750 val 0.500 · gap 0.250"
        " · 0.50 s/epoch · 4 min left"
    )


@pytest.mark.parametrize("width", range(40, 201))
def test_the_line_fits(width):
    line = fitted(fields(epoch(99_999, 100_000, probe_loss=123456.7)), width)
    assert len(line) <= width
    assert line.startswith("99999/100000")
    assert not line.endswith(("·", " "))


@pytest.mark.parametrize(("narrow", "wide"), [(40, 60), (60, 80), (80, 120), (120, 200)])
def test_a_wider_line_says_no_less(narrow, wide):
    said = set(fitted(fields(epoch(500)), narrow).split(" · "))
    assert said <= set(fitted(fields(epoch(500)), wide).split(" · "))


def test_what_goes_last_is_the_position_and_the_time_left():
    assert fitted(fields(epoch(500)), 40) == "500/1000 · 4 min left"
    assert fitted(fields(epoch(500)), 8) == "500/1000"
    assert fitted(fields(epoch(500)), 5) == "500/1"


def test_80_columns_show_score_gap_and_time():
    line = fitted(fields(epoch(500)), 80)
    assert "mAP50-95 probe 0.750 val 0.500" in line
    assert "gap 0.250" in line
    assert "left" in line


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"probe_score": None}, "probe – val 0.500 · gap – ·"),
        ({"val_score": None, "val_loss": None}, "probe 0.750 val – · gap – ·"),
        ({"train_loss": math.nan}, "loss train/probe/val nan 1.250 2.500"),
        ({"val_loss": math.inf}, "loss train/probe/val 1.500 1.250 inf"),
        ({"val_score": math.nan}, "val nan · gap nan"),
        ({"train_loss": None, "probe_loss": None}, "loss train/probe/val – – 2.500"),
        ({"train_loss": 123456.0}, "loss train/probe/val 1.23e+05 1.250"),
    ],
)
def test_what_is_unknown_or_not_finite(values, said):
    assert said in fitted(fields(epoch(500, **values)), 200)


def test_the_last_measured_epoch_stays_in_view():
    now = epoch(501, probe_loss=None, val_loss=None, probe_score=None, val_score=None, train_loss=1.0)
    line = fitted(progress_fields(now, epoch(500), 0.5), 200)
    assert line.startswith("501/1000 · loss train/probe/val 1.000 1.250 2.500 · mAP50-95 probe 0.750 val 0.500")


def test_no_time_is_made_up():
    line = fitted(fields(epoch(500), None), 200)
    assert "epoch" not in line
    assert "left" not in line


def test_nothing_is_left_at_the_end():
    assert "left" not in fitted(fields(epoch(1000)), 200)


# Where the lines go ----------------------------------------------------------------------------------------------


def shown(epochs: list[Progress], *, terminal: bool, live: bool = True, width: int = 80) -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=width, no_color=True, highlight=False)
    with TrainingProgress(console, live=live) as display:
        listener = display.listener()
        listener.started(Path("/x/runs/a"))
        for one in epochs:
            listener.epoch(one)
    return written.getvalue()


def test_a_log_gets_the_first_and_the_last_epoch(monkeypatch):
    monkeypatch.setattr(module.time, "monotonic", lambda: 100.0)
    lines = shown([epoch(n, 1000) for n in range(1, 1001)], terminal=False).splitlines()[1:]
    assert [line.split(" ")[0] for line in lines] == ["1/1000", "1000/1000"]


def test_a_log_gets_a_line_now_and_then(monkeypatch):
    clock = iter(range(0, 10_000, 1))
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    lines = shown([epoch(n, 1000) for n in range(1, 100)], terminal=False).splitlines()[1:]
    assert [line.split("/")[0] for line in lines] == ["1", "31", "61", "91"]


def test_a_terminal_gets_one_line_in_place():
    out = shown([epoch(n, 20) for n in range(1, 21)], terminal=True)
    assert out.startswith("training into runs/a\n")
    assert out.count("\n") == 2
    assert "20/20" in out
    visible = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out)
    assert max(len(line) for line in re.split(r"[\r\n]+", visible)) <= 80


def test_verbose_draws_no_live_line():
    assert "\x1b[?25l" not in shown([epoch(1), epoch(2)], terminal=True, live=False)


def test_the_time_of_an_epoch_is_that_of_training_alone():
    lines = shown([epoch(1, 2, seconds=0.2), epoch(2, 2, seconds=0.4)], terminal=False).splitlines()[1:]
    assert all("0.20 s/epoch" in line for line in lines)


def test_the_first_epoch_after_a_resume_has_no_time_yet():
    lines = shown([epoch(501, 502, seconds=900.0), epoch(502, 502, seconds=900.5)], terminal=False).splitlines()[1:]
    assert "s/epoch" not in lines[0]
    assert "0.50 s/epoch" in lines[1]


def test_a_repeated_epoch_makes_no_negative_time():
    out = shown([epoch(1, 3, seconds=1.0), epoch(1, 3, seconds=2.0), epoch(3, 3, seconds=3.0)], terminal=False)
    assert "-" not in out.replace("mAP50-95", "")


@pytest.mark.parametrize("text", ["[red]x[/]", "a: b", "größe"])
def test_warnings_are_printed_as_they_are(text):
    written = io.StringIO()
    with TrainingProgress(Console(file=written, width=80)) as display:
        display.warning(text)
    assert written.getvalue() == f"warning: {text}\n"


def test_on_a_terminal_lines_break_between_words():
    written = io.StringIO()
    with TrainingProgress(Console(file=written, width=20, force_terminal=True, color_system=None)) as display:
        display.say("plan: 2,520 optimizer steps [x]")
    assert [line.rstrip() for line in written.getvalue().splitlines()] == ["plan: 2,520", "optimizer steps [x]"]


def test_standard_output_is_left_alone(capsys):
    import sys

    before = sys.stdout
    with TrainingProgress(Console(file=io.StringIO(), force_terminal=True)) as display:
        display.started(Path("runs/a"))
        display.epoch(epoch(1))
        assert sys.stdout is before
    assert sys.stdout is before


def test_what_others_write_to_standard_error_goes_above_the_line(capsys):
    import sys

    before, written = sys.stderr, io.StringIO()
    with TrainingProgress(Console(file=written, force_terminal=True, color_system=None, width=80)) as display:
        display.started(Path("runs/a"))
        display.epoch(epoch(1))
        sys.stderr.write("wandb: offline\n")
        display.epoch(epoch(2))
    assert sys.stderr is before
    assert written.getvalue().index("wandb: offline") < written.getvalue().rindex("2/")
    assert capsys.readouterr().err == ""
