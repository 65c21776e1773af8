"""Finished or not, and where a run goes on."""

import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.recipe import load
from grokyolo.run import folder, logs, status
from grokyolo.run import state as states
from grokyolo.training.state import encode

RECIPE = load("grok-modular-addition", ["epochs=12"])


def log(run, epochs, *last):
    with GapWriter(run / "gap.csv") as rows:
        for epoch in range(rows.last_epoch + 1, epochs + 1):
            rows.append(EpochRecord(epoch, epoch, 1.0, events=last if epoch == epochs else ()))


def save(run, *epochs):
    for epoch in epochs:
        states.save(run, epoch, b"a state of %d" % epoch, keep=9)


def save_with_rows(run, epoch):
    rows = b"".join(row.line for row in logs.supported_rows(logs.read(run)))
    states.save(run, epoch, encode({"epoch": epoch}, states.digest(rows)), keep=9)


@pytest.fixture
def run(workplace):
    run = folder.claim("x", chosen=True)
    folder.write_settings(run, RECIPE)
    return run


class TestFinished:
    def test_by_its_last_epoch_though_it_has_no_states(self, run):
        log(run, 12)
        assert status.is_finished(run, RECIPE)

    def test_by_its_stop(self, run):
        log(run, 7, EventKind.STOP)
        assert status.is_finished(run, RECIPE)

    def test_not_before(self, run):
        log(run, 11)
        save(run, 11)
        assert not status.is_finished(run, RECIPE)

    @pytest.mark.parametrize("saved", [12, 9])
    def test_not_before_its_last_evaluation(self, run, saved):
        log(run, 12)
        save(run, saved)
        assert not status.is_finished(run, RECIPE)
        folder.add_facts(run, {"evaluated": 12})
        assert status.is_finished(run, RECIPE)

    def test_whatever_has_become_of_its_log(self, run):
        folder.add_facts(run, {"evaluated": 12})
        assert status.is_finished(run, RECIPE)

    def test_a_rotten_line_in_the_middle_makes_no_other_end(self, run):
        log(run, 12)
        lines = logs.read(run).splitlines(keepends=True)
        (run / "gap.csv").write_bytes(b"".join([*lines[:4], b"\0\n", *lines[5:]]))
        assert status.is_finished(run, RECIPE)

    def test_made_longer_it_is_not_although_no_epoch_was_added_yet(self, run):
        log(run, 7, EventKind.STOP)
        folder.add_facts(run, {"evaluated": 7, "stopped_early": 7})
        longer = load("grok-modular-addition", ["epochs=20"])
        folder.replace_recipe(run, longer, folder.Extension(8, ()))
        assert not status.is_finished(run, longer)
        log(run, 9, EventKind.STOP)
        assert status.is_finished(run, longer)

    @pytest.mark.parametrize(("saved", "finished"), [(12, True), (9, False)])
    def test_a_run_of_an_older_version(self, run, saved, finished):
        facts = folder.read_facts(run)
        del facts["evaluated"]
        folder._write(run, facts)
        log(run, 12)
        save(run, saved)
        assert status.is_finished(run, RECIPE) is finished


class TestResume:
    def test_nothing_trained_yet_begins(self, run):
        assert status.state_to_resume(run) is None
        log(run, 0)
        assert status.state_to_resume(run) is None

    def test_the_newest_state(self, run):
        log(run, 12)
        save(run, 3, 7, 11)
        assert status.state_to_resume(run).epoch == 11

    def test_the_newest_sound_state_that_the_log_supports(self, run):
        log(run, 9)
        save(run, 3, 7, 12)
        (run / "state" / "epoch-0000007-rotten.pt").write_bytes(b"")
        warnings = []
        assert status.state_to_resume(run, warnings.append).epoch == 7
        assert len(warnings) == 1
        assert "gap.csv can be read up to epoch 9 only" in warnings[0]
        states.state_files(run)[1].path.write_bytes(b"damaged")
        assert status.state_to_resume(run, warnings.append).epoch == 3
        assert "is damaged" in warnings[-1]

    def test_a_state_is_taken_only_with_the_rows_that_it_was_saved_with(self, run):
        log(run, 3)
        save_with_rows(run, 3)
        log(run, 7)
        save_with_rows(run, 7)
        assert status.state_to_resume(run).epoch == 7
        lines = logs.read(run).splitlines(keepends=True)
        other = lines[5].replace(b",1.0,", b",2.0,", 1)
        (run / "gap.csv").write_bytes(b"".join([*lines[:5], other, *lines[6:]]))
        warnings = []
        assert status.state_to_resume(run, warnings.append).epoch == 3
        assert "the rows of gap.csv up to epoch 7 are not those that it was saved with" in warnings[0]
        (run / "gap.csv").write_bytes(b"".join([lines[0], lines[1].replace(b",1.0,", b",2.0,", 1), *lines[2:]]))
        with pytest.raises(RunError, match="the log does not fit: the rows of gap") as caught:
            status.state_to_resume(run)
        assert "--from-scratch" in caught.value.hint

    def test_killed_before_its_first_state_it_begins_again(self, run):
        log(run, 1)
        save(run, 0)
        assert status.state_to_resume(run).epoch == 0

    @pytest.mark.parametrize(
        ("rows", "saved", "damaged", "what"),
        [
            (5, (), False, "there is no state to go on from: x/state holds none"),
            (12, (3, 12), True, "there is no state to go on from: no file in x/state is sound"),
            (
                0,
                (0, 7, 12),
                False,
                "the log does not fit: gap.csv can be read up to epoch 0, the states are of epoch 7",
            ),
            (2, (7,), False, "the log does not fit: gap.csv can be read up to epoch 2, the states are of epoch 7"),
        ],
    )
    def test_else_it_is_refused_with_what_to_type(self, run, rows, saved, damaged, what):
        log(run, rows)
        save(run, *saved)
        for state in states.state_files(run) if damaged else ():
            state.path.write_bytes(b"damaged")
        with pytest.raises(RunError) as caught:
            status.state_to_resume(run)
        assert caught.value.what.startswith(what)
        assert caught.value.exit_code == 2
        assert caught.value.hint == "grokyolo train --recipe runs/x --name x --from-scratch"

    def test_weights_alone_are_worth_keeping(self, run):
        (run / "weights").mkdir()
        (run / "weights" / "best.pt").write_bytes(b"")
        with pytest.raises(RunError):
            status.state_to_resume(run)


def test_the_command_for_a_run_of_a_sweep_and_one_with_a_space(workplace):
    assert "--name s/seed=1 " in status.from_scratch(workplace / "runs" / "s" / "seed=1")
    assert "--recipe 'runs/my run' --name 'my run' " in status.from_scratch(workplace / "runs" / "my run")


def test_a_state_that_a_run_went_back_behind_is_of_another_course(run):
    save(run, 3, 7, 12)
    states.set_aside(run, 7)
    assert [state.epoch for state in states.state_files(run)] == [7, 3]
    assert len(list((run / "state").glob("*.old"))) == 1


def test_a_damaged_newer_state_does_not_cost_the_one_just_saved(run):
    save(run, 12)
    states.save(run, 5, b"a state of 5", keep=1)
    assert [state.epoch for state in states.state_files(run)] == [12, 5]
