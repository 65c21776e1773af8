"""The run folder: name, owner, settings."""

import subprocess
import sys

import pytest

from grokyolo.errors import UsageError
from grokyolo.gap import EventKind
from grokyolo.recipe import load
from grokyolo.run import folder


def test_a_taken_name_gets_a_number(workplace):
    names = [folder.claim("exp", chosen=False).name for _ in range(3)]
    assert names == ["exp", "exp-2", "exp-3"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b/c", "/a", "a/", "../a", "a\\b", "a:b", "a\0b", "x" * 300])
def test_a_name_that_is_no_folder_is_refused(workplace, name):
    with pytest.raises(UsageError):
        folder.claim(name, chosen=True)


def test_a_run_of_a_sweep_has_a_folder_above_it(workplace):
    run = folder.claim("sweep/lr0=0.1,seed=1", chosen=True)
    assert run == workplace / "runs" / "sweep" / "lr0=0.1,seed=1"
    assert folder.typed(run) == "runs/sweep/lr0=0.1,seed=1"


def test_a_run_holds_no_run(workplace):
    folder.write_settings(folder.claim("exp", chosen=True), load("grok-modular-addition"))
    with pytest.raises(UsageError):
        folder.claim("exp/weights", chosen=True)


def test_resuming_takes_over_what_a_killed_process_left_before_its_first_line(workplace):
    run = folder.claim("exp", chosen=True)
    with folder.owned(run):
        pass
    assert folder.claim("exp", chosen=True, resume=True) == run
    assert folder.claim("exp", chosen=True).name == "exp-2"
    folder.write_settings(run, load("grok-modular-addition"))
    assert folder.claim("exp", chosen=True, resume=True).name == "exp-3"


def test_a_place_that_cannot_be_written_is_refused(workplace):
    (workplace / "runs").write_text("a file")
    with pytest.raises(UsageError, match="cannot make a run folder"):
        folder.claim("exp", chosen=True)


HOLD = """
import sys, pathlib
from grokyolo.run import folder
with folder.owned(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_owner_named(workplace):
    run = folder.claim("exp", chosen=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"process {holder.pid} on"), folder.owned(run):
            pass
        assert folder.owner_of(run)["pid"] == holder.pid
        with pytest.raises(UsageError, match=str(holder.pid)):
            folder.claim("exp", chosen=True)
    finally:
        holder.kill()
        holder.wait()
    with folder.owned(run):
        pass  # a killed owner leaves no lock behind
    assert folder.owner_of(run) is None


def test_settings_hold_the_recipe_and_later_facts(workplace):
    run = folder.claim("exp", chosen=True)
    recipe = load("grok-modular-addition")
    folder.write_settings(run, recipe)
    folder.add_facts(run, {"train_images": 576})
    assert folder.read_settings(run) == recipe.to_dict()
    assert load(str(run)).hash == recipe.hash


def test_an_extension_replaces_the_recipe_and_remembers_its_events(workplace):
    run = folder.claim("exp", chosen=True)
    folder.write_settings(run, load("grok-modular-addition"))
    folder.add_facts(run, {"train_images": 576})
    longer = load("grok-modular-addition", ["epochs=500", "weight_decay=0.5"])
    change = folder.Extension(epoch=281, events=(EventKind.WD_CHANGED,))
    folder.replace_recipe(run, longer, change)
    assert load(str(run)).hash == longer.hash
    assert folder.read_changes(run) == [change]
    folder.replace_recipe(run, longer, change)
    assert folder.read_changes(run) == [change], "the same recipe again changes nothing"


def test_what_is_being_trained_is_not_moved_aside(workplace):
    run = folder.claim("exp", chosen=True)
    with folder.owned(run), pytest.raises(UsageError, match="is being trained by"):
        folder.set_aside("exp")
    assert folder.set_aside("exp") == run.with_name("exp.old-1")
    assert folder.set_aside("exp") is None
    folder.claim("exp", chosen=True)
    assert folder.set_aside("exp").name == "exp.old-2"


class TestUntouched:
    def test_a_folder_of_this_process_goes_with_what_a_training_wrote(self, workplace):
        run = folder.claim("exp", chosen=True)
        before = folder.Untouched(run, made=True)
        folder.write_settings(run, load("grok-modular-addition"))
        (run / "weights").mkdir()
        (run / "gap.csv").write_text("epoch\n")
        assert not before.has_new_rows()
        assert before.restore()
        assert not run.exists()

    def test_and_stays_with_what_somebody_else_put_there(self, workplace):
        run = folder.claim("exp", chosen=True)
        before = folder.Untouched(run, made=True)
        (run / "notes.txt").write_text("mine")
        assert not before.restore()
        assert [path.name for path in run.iterdir()] == ["notes.txt"]

    def test_what_was_there_is_put_back(self, workplace):
        run = folder.claim("exp", chosen=True)
        (run / "args.yaml").write_text("old")
        (run / "report.html").write_text("old")
        before = folder.Untouched(run, made=False)
        (run / "args.yaml").write_text("new")
        (run / "report.html").write_text("new, by another command")
        (run / "labels.jpg").write_text("new")
        assert not before.restore()
        found = {path.name: path.read_text() for path in run.iterdir()}
        assert found == {"args.yaml": "old", "report.html": "new, by another command"}

    def test_a_row_is_seen(self, workplace):
        run = folder.claim("exp", chosen=True)
        before = folder.Untouched(run, made=False)
        (run / "gap.csv").write_text("epoch\n1\n")
        assert before.has_new_rows()
