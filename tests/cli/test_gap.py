"""`grokyolo gap`: the table, JSON, pictures, exit codes, and every kind of unreadable run."""

import json
import math
import os
import shutil
from pathlib import Path

import pytest

from grokyolo.gap.series import COLUMNS
from grokyolo.verdict import Confidence, Verdict
from tests.cli.conftest import problem, problems
from tests.gap import logs

KEYS = [
    *("run", "verdict", "reason", "epochs", "score_name", "like_for_like", "confidence"),
    *("memorised_epoch", "jump", "gap", "best", "confounders", "warnings", "collapses"),
]
SETTINGS = "format: 1\nscore_name: top1\ntrain_images: 576\nprobe_images: 256\nval_images: 385\n"


def row(epoch: int, train: float, probe: float, val: float, scores: tuple[float, float], event: str = "") -> str:
    cells = (epoch, 9 * epoch, 0.5 * epoch, 0.002, 1.0, train, probe, val, *scores, val - probe, scores[0] - scores[1])
    return ",".join([*map(repr, cells), "20.0", "35.0", event]) + "\n"


def write(folder: Path, *lines: str, settings: str = SETTINGS) -> Path:
    """Write a run of grokyolo."""
    folder.mkdir(parents=True)
    (folder / "grokyolo.yaml").write_text(settings)
    (folder / "gap.csv").write_text(",".join(COLUMNS) + "\n" + "".join(lines))
    return folder


def grok(folder: Path, event: str = "") -> Path:
    """Write a run that knows its probe at epoch 6 and jumps around epoch 100."""
    lines = []
    for epoch in range(1, 301):
        score = 0.98 / (1 + math.exp(-(epoch - 110) / 8)) if epoch > 60 else 0.0
        probe = min(1.0, epoch / 6)
        loss = 5 * (1 - score) + 0.3
        lines.append(row(epoch, 3 / epoch, 2 / epoch, loss, (probe, score), event if epoch == 100 else ""))
    return write(folder, *lines)


def short(folder: Path, *more: str) -> Path:
    """Write a run of three epochs."""
    return write(
        folder,
        row(1, 3.5, 3.25, 3.5, (0.25, 0.0), "start"),
        row(2, 1.0, 0.75, 4.0, (1.0, 0.125)),
        row(3, 0.0005, 0.25, 12.5, (1.0, 0.0625)),
        *more,
    )


TABLE = """\
runs/a
3 epochs · top1 · like-for-like gap · 576 training, 256 probe, 385 validation
images

                   train   probe     val  probe    val
            epoch   loss    loss    loss  score  score    gap
first           1  3.5000  3.2500  3.5000  0.250  0.000  0.250
best            2  1.0000  0.7500  4.0000  1.000  0.125  0.875
widest gap, last    3  5.0e-04  0.2500    12.5  1.000  0.062  0.938
"""


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_table_of_a_run(grokyolo, workplace):
    short(workplace / "runs" / "a")
    code, out, err = grokyolo("gap", "runs/a")
    assert (code, err) == (0, "")
    assert words(out)[: len(words(TABLE))] == words(TABLE)
    assert out.splitlines()[len(words(TABLE)) + 1].startswith("undecided (")


def test_last_shows_the_last_epochs_too(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    _, without, _ = grokyolo("gap", "runs/a")
    _, out, _ = grokyolo("gap", "runs/a", "--last", "3")
    added = [line for line in words(out) if line not in words(without)]
    assert [line[0] for line in added] == ["298", "299", "300"]


def test_last_may_be_longer_than_the_run(grokyolo, workplace):
    short(workplace / "runs" / "a")
    code, out, _ = grokyolo("gap", "runs/a", "--last", "20")
    assert code == 0
    assert [line[0] for line in words(out) if len(line) == 7][-3:] == ["1", "2", "3"]


@pytest.mark.parametrize("last", ["-1", "-20"])
def test_last_is_not_negative(grokyolo, workplace, last):
    short(workplace / "runs" / "a")
    code, _, err = grokyolo("gap", "runs/a", "--last", last)
    assert (code, problem(err)) == (
        2,
        ("--last needs a number of epochs", f"--last {last}", "grokyolo gap runs/a --last 20"),
    )


def test_a_grok_is_told(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    code, out, _ = grokyolo("gap", "runs/a")
    assert code == 0
    labels = ["first", "memorised", "widest gap", "jump starts", "half way", "jump ends", "last"]
    assert [name for name in labels if any(line.startswith(name) or f", {name}" in line for line in out.splitlines())]
    assert "\ngrokked (firm): " in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_confounder_is_named(grokyolo, workplace):
    grok(workplace / "runs" / "a", event="lr-changed")
    _, out, _ = grokyolo("gap", "runs/a")
    assert "\ngrokked" not in out
    assert "\nconfounder: lr-changed at epoch 100\n" in out


@pytest.mark.parametrize("name", ["a [bold] b", "größe-模型", "x$y$z", "[/red]"])
def test_names_are_shown_as_they_are(grokyolo, workplace, name):
    short(workplace / "runs" / name)
    code, out, _ = grokyolo("gap", f"runs/{name}")
    assert (code, out.splitlines()[0].rstrip()) == (0, f"runs/{name}")


# JSON ------------------------------------------------------------------------------------------------------------


def test_json_holds_to_the_contract(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    code, out, err = grokyolo("gap", "runs/a", "--json")
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    said = json.loads(line)
    assert list(said) == KEYS
    assert said["run"] == "runs/a"
    assert (said["verdict"], said["confidence"], said["epochs"]) == ("grokked", "firm", 300)
    assert (said["score_name"], said["like_for_like"]) == ("top1", True)
    assert list(said["jump"]) == ["epoch", "start", "end", "from", "to", "lateness"]
    assert said["jump"]["start"] < said["jump"]["epoch"] < said["jump"]["end"]
    assert list(said["gap"]) == ["loss", "score", "score_max"]
    assert said["gap"]["score_max"] == 1.0
    assert list(said["best"]) == ["epoch", "score"]
    assert (said["confounders"], said["warnings"]) == ([], [])


def test_json_has_null_for_what_is_absent(grokyolo, workplace):
    short(workplace / "runs" / "a")
    said = json.loads(grokyolo("gap", "runs/a", "--json")[1])
    assert list(said) == KEYS
    assert said["jump"] is None
    assert said["verdict"] in {verdict.value for verdict in Verdict}
    assert said["confidence"] in {confidence.value for confidence in Confidence}


def test_json_has_no_nan(grokyolo, workplace):
    write(workplace / "runs" / "a", *(row(epoch, math.nan, math.nan, math.inf, (0.0, 0.0)) for epoch in range(1, 9)))
    _, out, _ = grokyolo("gap", "runs/a", "--json")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    assert json.loads(out, parse_constant=refuse)["gap"]["loss"] is None


def test_json_is_one_line_for_each_run_that_can_be_read(grokyolo, workplace):
    short(workplace / "runs" / "a")
    grok(workplace / "runs" / "b")
    code, out, err = grokyolo("gap", "runs/a", "runs/nope", "runs/b", "--json")
    assert code == 2
    assert [json.loads(line)["run"] for line in out.splitlines()] == ["runs/a", "runs/b"]
    assert problem(err)[0] == "there is no run `runs/nope`"


# Several runs ----------------------------------------------------------------------------------------------------


def test_several_runs_have_one_row_each(grokyolo, workplace):
    short(workplace / "runs" / "a")
    grok(workplace / "runs" / "b")
    code, out, err = grokyolo("gap", "runs/a", "runs/b")
    assert (code, err) == (0, "")
    above, header, first, second = words(out)
    assert above == ["memo-", "last"]
    assert header == ["run", "epochs", "verdict", "rised", "jump", "best", "gap"]
    assert first[:3] == ["runs/a", "3", "undecided"]
    assert second[:3] == ["runs/b", "300", "grokked"]
    assert max(map(len, out.splitlines())) <= 80


def test_a_run_that_cannot_be_read_hides_no_other(grokyolo, workplace):
    short(workplace / "runs" / "a")
    logs.run(workplace / "runs" / "broken", "no log at all\n1\n")
    code, out, err = grokyolo("gap", "runs/broken", "runs/a", "runs/nope")
    assert code == 2
    assert [line[:3] for line in words(out)[2:]] == [
        ["runs/broken", "refused", "–"],
        ["runs/a", "3", "undecided"],
        ["runs/nope", "refused", "–"],
    ]
    assert "there is no run `runs/nope`" in err
    assert "no header line" in err


@pytest.mark.parametrize("typed", [["runs"], ["runs/a", "runs/empty", "runs/sweep"]])
def test_folders_stand_for_the_runs_below_them(grokyolo, workplace, typed):
    short(workplace / "runs" / "a")
    (workplace / "runs" / "empty").mkdir()
    grok(workplace / "runs" / "sweep" / "seed=1")
    code, out, err = grokyolo("gap", *typed)
    assert code == 0
    assert [line[:3] for line in words(out)[2:]] == [
        ["runs/a", "3", "undecided"],
        ["runs/sweep/seed=1", "300", "grokked"],
    ]
    left_out = "warning: left out: no log in this folder: neither gap.csv nor results.csv nor results.txt: runs/empty\n"
    assert err == (left_out if "runs/empty" in typed else "")


def test_a_folder_without_any_run_is_an_error(grokyolo, workplace):
    (workplace / "runs" / "empty").mkdir(parents=True)
    code, out, err = grokyolo("gap", "runs")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "no log in this folder: neither gap.csv nor results.csv nor results.txt"


# Pictures --------------------------------------------------------------------------------------------------------


def test_plot_goes_into_the_run_and_its_path_is_printed(grokyolo, workplace):
    short(workplace / "runs" / "a")
    code, out, err = grokyolo("gap", "runs/a", "--plot")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "picture: runs/a/gap.png"
    assert (workplace / "runs/a/gap.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("name", "magic"), [("x.png", b"\x89PNG"), ("x.svg", b"<?xml"), ("x.pdf", b"%PDF")])
def test_plot_writes_what_the_suffix_says(grokyolo, workplace, name, magic):
    short(workplace / "runs" / "a")
    code, out, _ = grokyolo("gap", "runs/a", "--plot", name)
    assert (code, out.splitlines()[-1]) == (0, f"picture: {name}")
    assert (workplace / name).read_bytes().startswith(magic)


def test_plot_before_the_run_takes_the_run_for_a_run(grokyolo, workplace):
    short(workplace / "runs" / "a")
    code, out, _ = grokyolo("gap", "--plot", "runs/a")
    assert (code, out.splitlines()[-1]) == (0, "picture: runs/a/gap.png")


def test_plot_before_a_run_with_a_dot_in_its_name(grokyolo, workplace):
    short(workplace / "runs" / "v1.0")
    code, out, _ = grokyolo("gap", "--plot", "runs/v1.0")
    assert (code, out.splitlines()[-1]) == (0, "picture: runs/v1.0/gap.png")


def test_plot_of_a_log_lands_beside_it(grokyolo, workplace):
    short(workplace / "runs" / "a")
    assert grokyolo("gap", "runs/a/gap.csv", "--plot")[0] == 0
    assert (workplace / "runs/a/gap.png").exists()


def test_plot_with_json_keeps_standard_output_clean(grokyolo, workplace):
    short(workplace / "runs" / "a")
    _, out, err = grokyolo("gap", "runs/a", "--json", "--plot")
    assert json.loads(out)["run"] == "runs/a"
    assert err == "picture: runs/a/gap.png\n"


def test_plot_of_several_runs_into_one_file(grokyolo, workplace):
    short(workplace / "runs" / "a")
    short(workplace / "runs" / "b")
    code, out, err = grokyolo("gap", "runs/a", "runs/b", "--plot", "all.svg")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "picture: all.svg"
    assert "runs/b" in (workplace / "all.svg").read_text()
    assert not (workplace / "runs" / "a" / "gap.png").exists()


def test_plot_of_more_runs_than_anybody_can_read(grokyolo, workplace):
    short(workplace / "runs" / "a")
    code, _, err = grokyolo("gap", *["runs/a"] * 37, "--plot", "all.png")
    assert code == 2
    assert problem(err)[0] == "37 runs do not fit into one picture: 36 at most"


def test_plot_of_several_runs_draws_one_each(grokyolo, workplace):
    short(workplace / "runs" / "a")
    short(workplace / "runs" / "b")
    code, out, _ = grokyolo("gap", "runs/a", "runs/b", "--plot")
    assert code == 0
    assert out.splitlines()[-2:] == ["picture: runs/a/gap.png", "picture: runs/b/gap.png"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["runs/a", "--plot", "x.gif"], "cannot draw a .gif"),
        (["runs/a", "--plot", "x"], "cannot draw a file without suffix"),
        (["runs/a", "--plot", "nowhere/x.png"], "cannot write the picture: No such file or directory"),
    ],
)
def test_plot_that_cannot_be_drawn(grokyolo, workplace, arguments, what):
    short(workplace / "runs" / "a")
    short(workplace / "runs" / "b")
    code, _, err = grokyolo("gap", *arguments)
    assert (code, problem(err)[0]) == (2, what)


# --fail-on -------------------------------------------------------------------------------------------------------


def test_fail_on_a_verdict_that_the_run_has(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    code, out, err = grokyolo("gap", "runs/a", "--fail-on", "diverged,grokked")
    assert code == 3
    assert "grokked (firm)" in out
    assert problem(err) == ("the verdict is grokked", "runs/a", "grokyolo gap runs/a")


def test_fail_on_a_verdict_that_the_run_has_not(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    code, _, err = grokyolo("gap", "runs/a", "--fail-on", "diverged,overfitting")
    assert (code, err) == (0, "")


def test_fail_on_looks_at_every_run(grokyolo, workplace):
    short(workplace / "runs" / "a")
    grok(workplace / "runs" / "b")
    code, _, err = grokyolo("gap", "runs/a", "runs/b", "--fail-on", "grokked")
    assert (code, problem(err)[1]) == (3, "runs/b")


def test_an_unreadable_run_comes_before_fail_on(grokyolo, workplace):
    grok(workplace / "runs" / "a")
    assert grokyolo("gap", "runs/a", "runs/nope", "--fail-on", "grokked")[0] == 2


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ("groked", "groked", "did you mean grokked"),
        ("grokked,overfiting", "overfiting", "did you mean overfitting"),
        ("", "", "one of generalising, memorising, grokked"),
        ("qqqq", "qqqq", "one of generalising, memorising, grokked"),
    ],
)
def test_fail_on_takes_the_eight_words_only(grokyolo, workplace, text, word, hint):
    grok(workplace / "runs" / "a")
    code, out, err = grokyolo("gap", "runs/a", "--fail-on", text)
    assert (code, out) == (2, "")
    what, where, said = problem(err)
    assert (what, where) == (f"'{word}' is no verdict", f"--fail-on {text}")
    assert said.startswith(hint)


# Foreign logs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detect", "classify", "pose", "YOLOv5"])
def test_a_foreign_log_has_a_rough_gap_and_says_so(grokyolo, workplace, name):
    header, score = logs.GENERATIONS[name]
    logs.run(workplace / "old", logs.log(header, range(1, 41)))
    code, out, err = grokyolo("gap", "old")
    assert (code, err) == (0, "")
    assert words(out)[1][:8] == ["40", "epochs", "·", score, "·", "rough", "gap", "(no"]
    assert "rough" in out.splitlines()[3] + out.splitlines()[4]
    assert max(map(len, out.splitlines())) <= 80
    said = json.loads(grokyolo("gap", "old/results.csv", "--json")[1])
    assert (said["run"], said["like_for_like"], said["score_name"]) == ("old/results.csv", False, score)


def test_a_run_that_is_still_being_written_is_read_as_far_as_it_is_whole(grokyolo, workplace):
    short(workplace / "runs" / "a", row(4, 0.5, 0.25, 1.0, (1.0, 0.5))[:20])
    code, out, err = grokyolo("gap", "runs/a")
    assert (code, err) == (0, "")
    assert words(out)[1][:2] == ["3", "epochs"]


# Bad input -------------------------------------------------------------------------------------------------------


def test_missing_run_names_one_that_is_there(grokyolo, workplace):
    short(workplace / "runs" / "exp1")
    code, out, err = grokyolo("gap", "runs/exp")
    assert (code, out) == (2, "")
    assert problem(err) == (
        "there is no run `runs/exp`",
        os.fspath(workplace / "runs/exp"),
        "grokyolo gap runs/exp1",
    )


def test_folder_without_a_log(grokyolo, workplace):
    (workplace / "runs" / "a").mkdir(parents=True)
    code, _, err = grokyolo("gap", "runs/a")
    assert code == 2
    assert problem(err)[:2] == ("no log in this folder: neither gap.csv nor results.csv nor results.txt", "runs/a")


def test_folder_of_one_run(grokyolo, workplace):
    short(workplace / "runs" / "a")
    assert grokyolo("gap", "runs") == grokyolo("gap", "runs/a")


def test_run_without_a_finished_epoch(grokyolo, workplace):
    write(workplace / "runs" / "a")
    code, _, err = grokyolo("gap", "runs/a")
    assert code == 2
    assert "no finished epoch" in problem(err)[0]


def test_run_without_validation(grokyolo, workplace):
    header = "epoch,time,train/box_loss,lr/pg0"
    logs.run(workplace / "old", logs.log(header, range(1, 5)))
    code, _, err = grokyolo("gap", "old")
    assert code == 2
    assert "no validation" in problem(err)[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"a,b\n1,2\n",
        b"epoch;loss\n1;2\n",
        b"<html></html>\n",
        b"epoch,loss,accuracy,val_accuracy\n1,0.1,0.2,0.3\n",
        b"\xff\xfe\x00",
        b"{}",
    ],
)
def test_results_of_another_tool(grokyolo, workplace, content):
    logs.run(workplace / "old", content)
    code, out, err = grokyolo("gap", "old")
    assert (code, out) == (2, "")
    assert "old/results.csv" in problem(err)[1]


def test_every_error_is_told_when_no_run_can_be_read(grokyolo, workplace):
    code, out, err = grokyolo("gap", "a", "b", "c")
    assert code == 2
    assert [line[:2] for line in words(out)[2:]] == [["a", "refused"], ["b", "refused"], ["c", "refused"]]
    assert [what for what, _, _ in problems(err)] == [f"there is no run `{name}`" for name in "abc"]


def test_a_picture_for_a_paper(grokyolo, run, workplace):
    drawn = ("--plot", "paper.svg", "--size", "3.3x2.8", "--by", "step", "--title", "Fig. 1")
    code, out, _ = grokyolo("gap", str(run), *drawn)
    assert (code, out.splitlines()[-1]) == (0, "picture: paper.svg")
    svg = (workplace / "paper.svg").read_text()
    assert 'width="237.6pt" height="201.6pt"' in svg
    assert "Fig. 1" in svg and "optimizer step; marks name epochs" in svg


@pytest.mark.parametrize(
    ("typed", "what", "hint"),
    [
        (["--size", "3x2"], "--size is about the picture that --plot draws", "--size 3x2 --plot gap.png"),
        (["--plot", "a.png", "--size", "big"], "a picture is 1 to 60 inches wide and high", "--plot a.png --size 8x6"),
        (["--plot", "a.png", "--size", "0x2"], "a picture is 1 to 60 inches wide and high", "--plot a.png --size 8x6"),
    ],
)
def test_what_no_picture_can_be(grokyolo, run, typed, what, hint):
    code, _, err = grokyolo("gap", str(run), *typed)
    assert (code, problem(err)[0], problem(err)[2]) == (2, what, f"grokyolo gap {run} {hint}")


def test_runs_side_by_side_are_sent_to_compare_for_another_clock(grokyolo, run, workplace):
    shutil.copytree(run, workplace / "runs/b")
    code, _, err = grokyolo("gap", str(run), "runs/b", "--plot", "a.png", "--by", "step")
    assert (code, problem(err)[2]) == (2, f"grokyolo compare {run} runs/b --by step --plot a.png")
