"""Nothing is lost, nothing overwritten, and nothing called exact that was not checked."""

import os
import shutil
import signal
from dataclasses import replace

import pytest
import yaml

from grokyolo.errors import GrokyoloError, Interrupted, RunError, Stopped
from grokyolo.recipe import load
from grokyolo.run import folder, status
from grokyolo.run import state as states
from grokyolo.training import go_on
from tests import data
from tests.real.training import (
    events,
    extended,
    gone_on,
    listener,
    log,
    same_weights,
    stop_after,
    trained,
    weights,
)


def content(run):
    """Return every byte of a run, but for the lock, which only says that nobody has it."""
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """Return a function: for a task, the folder with its recipe and data, a run stopped after epoch 3 of 6, and that
    run as it is when nobody stops it."""
    made = {}

    def make(task):
        if task not in made:
            place = tmp_path_factory.mktemp(task)
            recipe = data.recipe(task, place / "recipe", epochs=6)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                trained(recipe, "never")
                with pytest.raises(Stopped):
                    trained(recipe, "stopped", epoch=stop_after(3, signal.SIGTERM))
            made[task] = place
        return made[task]

    return make


@pytest.fixture
def stopped(course, workplace):
    """Return a function: for a task, the test's own copy of a run that was stopped after epoch 3, and of its data."""

    def copy(task):
        place = course(task)
        run = workplace / "runs" / "stopped"
        shutil.copytree(place / "runs" / "stopped", run)
        shutil.copytree(place / "recipe" / task, workplace / "data")
        where = "data" if task == "classify" else "data/data.yaml"
        if task != "classify":
            file = workplace / "data" / "data.yaml"
            file.write_text(file.read_text().replace(str(place / "recipe" / task), str(workplace / "data")))
        facts = yaml.safe_load((run / "grokyolo.yaml").read_text())
        facts["recipe"]["data"] = str(workplace / where)
        (run / "grokyolo.yaml").write_text(yaml.safe_dump(facts, sort_keys=False))
        return run, place / "runs" / "never"

    return copy


class TestTheFolder:
    """A resume that does not come to its first new row leaves every byte."""

    def test_stopped_while_it_is_made_ready(self, stopped):
        run, _ = stopped("classify")
        before = content(run)

        def interrupted(_run):
            os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(Interrupted):
            go_on(run, load(str(run)), listener=replace(listener(), started=interrupted))
        assert content(run) == before

    @pytest.mark.parametrize("verb", ["resume", "extend"])
    def test_failed_in_its_first_epoch(self, stopped, monkeypatch, verb):
        from grokyolo.training.engine import Engine

        def fail(*_):
            raise RuntimeError("out of luck")

        run, _ = stopped("classify")
        before = content(run)
        monkeypatch.setattr(Engine, "_forward_backward", fail)
        with pytest.raises(GrokyoloError, match="out of luck") as caught:
            gone_on(run) if verb == "resume" else extended(run, "epochs=9", "weight_decay=0.3")
        assert content(run) == before
        assert "nothing in it was changed" in caught.value.where

    @pytest.mark.parametrize("rows", [0, 2])
    def test_a_log_that_no_state_fits(self, stopped, rows):
        run, _ = stopped("classify")
        for state in states.state_files(run):
            if state.epoch < 3:
                state.path.unlink()
        lines = (run / "gap.csv").read_bytes().splitlines(keepends=True)
        (run / "gap.csv").write_bytes(b"".join(lines[: rows + 1 if rows else 0]))
        before = content(run)
        with pytest.raises(RunError, match="the log does not fit") as caught:
            gone_on(run)
        assert content(run) == before
        assert caught.value.hint == "grokyolo train --recipe runs/stopped --name stopped --from-scratch"

    @pytest.mark.parametrize("verb", ["resume", "extend"])
    def test_the_log_of_another_run(self, stopped, course, verb):
        run, _ = stopped("classify")
        rows = (run / "gap.csv").read_text().replace(",0.", ",1.")  # as another run might have had
        (run / "gap.csv").write_text(rows)
        before = content(run)
        with pytest.raises(RunError, match="not those that the states were saved with"):
            gone_on(run) if verb == "resume" else extended(run, "epochs=9")
        assert content(run) == before


class TestADamagedLog:
    """The rest is trained again from the newest state that the log supports."""

    @pytest.mark.parametrize("damage", ["rotten", "changed", "missing", "torn", "zeros", "blank"])
    def test_ends_as_if_it_had_been_whole(self, stopped, damage):
        run, never = stopped("classify")
        lines = (run / "gap.csv").read_bytes().splitlines(keepends=True)
        lines = {
            "rotten": [*lines[:2], lines[2][:20] + b"\xff" + lines[2][21:], *lines[3:]],
            "changed": [*lines[:2], lines[2].replace(b"0.", b"1.", 1), *lines[3:]],
            "missing": lines[:-2],
            "torn": [*lines[:-1], lines[-1][:30]],
            "zeros": [*lines, b"\0" * 512],
            "blank": [*lines[:2], b"\n", *lines[2:]],
        }[damage]
        (run / "gap.csv").write_bytes(b"".join(lines))
        gone_on(run)
        assert log(run) == log(never)
        assert same_weights(weights(run), weights(never))
        assert (run / "gap.csv.old-1").exists() == (damage in {"rotten", "changed"})


class TestData:
    """What was trained and validated on is looked at, not how many there are."""

    def test_that_lies_elsewhere_and_was_written_later_is_the_same(self, stopped, workplace):
        run, never = stopped("detect")
        shutil.move(workplace / "data", workplace / "elsewhere")
        file = workplace / "elsewhere" / "data.yaml"
        file.write_text(file.read_text().replace(str(workplace / "data"), str(workplace / "elsewhere")))
        for path in (workplace / "elsewhere").rglob("*.*"):
            os.utime(path)
        with pytest.raises(GrokyoloError, match="cannot find") as caught:
            gone_on(run)
        assert caught.value.hint == "type the command again, with the place where it is now behind data="
        warnings = []
        go_on(run, load(str(run), [f"data={file}"]), listener=listener(warnings=warnings))
        assert events(run) == {1: "start", 4: "resume"}
        assert not any("not an exact resume" in text for text in warnings)
        assert log(run) == log(never)
        assert same_weights(weights(run), weights(never))
        assert load(str(run)).data == str(file)

    @pytest.mark.parametrize(
        ("task", "change", "sentence"),
        [
            ("classify", "swap", "the validation set changed (other names)"),
            ("detect", "replace", "the training set changed (other images)"),
            ("detect", "add", "the validation set changed (4 images before, 5 now)"),
            ("segment", "label", "the validation set changed (other labels)"),
            ("pose", "class", "the classes changed"),
            ("obb", "label", "the validation set changed (other labels)"),
        ],
    )
    def test_that_is_another_is_told_and_logged(self, stopped, workplace, task, change, sentence):
        run, _ = stopped(task)
        change_data(change, workplace / "data")
        warnings = []
        gone_on(run, warnings=warnings)
        assert any(text.startswith(f"not an exact resume: {sentence}") for text in warnings), warnings
        assert events(run) == {1: "start", 4: "data-changed"}


def change_data(change, place):
    """Change a copy of a data set; no time of a file tells of it."""
    if change == "swap":
        red, blue = place / "val" / "red", place / "val" / "blue"
        for image in [*red.iterdir(), *blue.iterdir()]:
            image.rename(image.with_suffix(".x"))
        moved = [(image, blue) for image in red.iterdir()] + [(image, red) for image in blue.iterdir()]
        for image, other in moved:
            image.rename(other / f"{image.stem}.png")
    elif change == "replace":
        shutil.copy2(place / "images" / "train" / "1.png", place / "images" / "train" / "0.png")
    elif change == "add":
        shutil.copy2(place / "images" / "val" / "1.png", place / "images" / "val" / "9.png")
    elif change == "label":
        file = place / "labels" / "val" / "0.txt"
        before, text = file.stat(), file.read_text()
        file.write_text(("1" if text[0] == "0" else "0") + text[1:])
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        file = place / "data.yaml"
        file.write_text(file.read_text().replace("blue", "green"))


def test_a_stale_label_cache_is_seen_through(small, workplace):
    from ultralytics.data.dataset import YOLODataset

    recipe = small("detect", "cache", epochs=1)
    place = workplace / "data"
    shutil.copytree(recipe.parent / "detect", place, ignore=shutil.ignore_patterns("*.cache"))
    file = place / "data.yaml"
    file.write_text(file.read_text().replace(str(recipe.parent / "detect"), str(place)))
    YOLODataset(
        img_path=str(place / "images" / "val"), data={"names": {0: "red", 1: "blue"}, "channels": 3}, task="detect"
    )
    assert (place / "labels" / "val.cache").is_file(), "as Ultralytics leaves it"
    change_data("label", place)
    seen = []

    def note(trainer):
        seen.append([float(label["cls"][0, 0]) for label in trainer.test_loader.dataset.labels])

    from ultralytics.utils.callbacks import default_callbacks

    default_callbacks["on_train_start"].append(note)
    try:
        trained(recipe, "run", f"data={file}")
    finally:
        default_callbacks["on_train_start"].remove(note)
    labels = [path.read_text()[0] for path in sorted((place / "labels" / "val").glob("*.txt"))]
    assert sorted(seen[0]) == sorted(float(label) for label in labels)


class TestTheEnd:
    """How a run ended is part of the state that ended it."""

    @pytest.fixture(scope="class")
    def impatient(self, tmp_path_factory):
        """A run that patience ended, and the same one killed in its last evaluation."""
        place = tmp_path_factory.mktemp("impatient")
        recipe = data.recipe("classify", place / "recipe", epochs=60, patience=4)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            run = trained(recipe, "ended")
        assert len(log(run)) < 60
        return run

    @pytest.fixture
    def killed(self, impatient, workplace):
        run = workplace / "runs" / "killed"
        shutil.copytree(impatient, run)
        facts = folder.read_facts(run)
        del facts["stopped_early"]
        folder._write(run, {**facts, "evaluated": 0})
        return run

    def test_killed_in_the_last_evaluation_nothing_but_that_is_done(self, killed, impatient):
        assert not status.is_finished(killed, load(str(killed)))
        before = (killed / "gap.csv").read_bytes()
        gone_on(killed)
        assert (killed / "gap.csv").read_bytes() == before
        assert same_weights(weights(killed), weights(impatient))
        assert status.is_finished(killed, load(str(killed)))

    def test_extended_and_killed_before_its_first_new_row_it_goes_on(self, killed):
        ended = len(log(killed))
        longer = load(str(killed), [f"epochs={ended + 3}", "patience=0"])
        folder.replace_recipe(killed, longer, folder.Extension(ended + 1, ()))
        assert not status.is_finished(killed, load(str(killed)))
        gone_on(killed)
        assert len(log(killed)) == ended + 3


def test_a_data_set_that_goes_in_mid_run_costs_no_finished_epoch(small, workplace):
    recipe = small("detect", "gone", epochs=6)
    never = trained(recipe, "never")
    place = workplace / "data"
    shutil.copytree(recipe.parent / "detect", place)
    file = place / "data.yaml"
    file.write_text(file.read_text().replace(str(recipe.parent / "detect"), str(place)))

    def gone(record):
        if record.epoch == 3:
            place.rename(workplace / "other")

    with pytest.raises(GrokyoloError) as caught:
        trained(recipe, "run", f"data={file}", "mosaic=0", "cache=false", epoch=gone)
    run = workplace / "runs" / "run"
    assert "grokyolo resume runs/run" in caught.value.hint
    assert status.state_to_resume(run).epoch == len(log(run)) == 3
    (workplace / "other").rename(place)
    gone_on(run)
    assert events(run) == {1: "start", 4: "resume"}
    assert log(never)[0] != log(run)[0] or len(log(run)) == 6


def test_from_scratch_keeps_the_old_run_aside(grokyolo, stopped, workplace):
    run, never = stopped("classify")
    for state in states.state_files(run):
        state.path.unlink()
    before = content(run)
    code, _, err = grokyolo("resume", "runs/stopped")
    typed = err.splitlines()[-1].removeprefix("try:   grokyolo ")
    assert (code, typed) == (2, "train --recipe runs/stopped --name stopped --from-scratch")
    assert content(run) == before
    assert grokyolo(*typed.split())[0] == 0
    assert content(workplace / "runs" / "stopped.old-1") == before
    assert log(run) == log(never)
