"""What is known of a run after each epoch."""

import pytest

from grokyolo.dynamics import decay_per_step
from grokyolo.gap import GapWriter
from grokyolo.notify import figures as module
from grokyolo.notify.figures import Standing, last_assessment
from grokyolo.verdict import Verdict
from tests.notify.reports import record, unmeasured

PER_EPOCH = float(9 * decay_per_step(0.002 * 0.5))
"""E-folds of one epoch of `reports.record`."""


class Clock:
    """Rises when told, and by `cost` with each assessment."""

    def __init__(self, monkeypatch, cost: float = 0.0) -> None:
        self.now, self.assessed = 0.0, 0
        real = module.assess

        def assess(series):
            self.now += cost
            self.assessed += 1
            return real(series)

        monkeypatch.setattr(module, "assess", assess)

    def __call__(self) -> float:
        return self.now


def unwanted(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture
def after(tmp_path, monkeypatch):
    """Write a row and return the figures; `after.clock` is what the run looks at."""
    log, clock = GapWriter(tmp_path / "gap.csv"), Clock(monkeypatch, cost=1.0)
    standing = Standing(tmp_path, unwanted, clock)

    def after(row, *, last=False, saved=0):
        log.append(row)
        return standing.after(row, saved_epoch=saved, last=last)

    after.clock = clock
    return after


def test_the_decay_budget_sums_steps_times_rate_times_decay(after):
    spent = [after(row).decay_budget for row in (record(1), record(2), record(3, weight_decay=0.0))]
    assert spent == pytest.approx([PER_EPOCH, 2 * PER_EPOCH, 2 * PER_EPOCH])


def test_the_decay_budget_goes_on_after_a_resume(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        for epoch in range(1, 6):
            log.append(record(epoch))
        standing = Standing(tmp_path, unwanted)
        assert standing.after(record(5), saved_epoch=4, last=False).decay_budget == pytest.approx(5 * PER_EPOCH)
        log.append(record(6))
        assert standing.after(record(6), saved_epoch=4, last=False).decay_budget == pytest.approx(6 * PER_EPOCH)


def test_a_decay_budget_that_cannot_be_known_is_none(tmp_path):
    standing = Standing(tmp_path, unwanted)
    assert standing.after(record(5), saved_epoch=4, last=False).decay_budget is None


def test_the_usual_time_is_the_median_of_late(after):
    rows = [record(1, seconds=2.0), record(2, seconds=500.0), record(3, seconds=502.0)]
    assert [after(row).usual_seconds for row in rows] == [2.0, 250.0, 2.0]


def test_after_a_resume_the_usual_time_is_unknown_for_an_epoch(tmp_path):
    standing = Standing(tmp_path, unwanted)
    usual = [standing.after(record(n), saved_epoch=0, last=False).usual_seconds for n in (5, 6)]
    assert usual == [None, 2.0]


def test_the_verdict_is_that_of_the_log(after):
    assert after(record(1)).assessment.verdict is Verdict.UNDECIDED


def test_assessing_takes_one_hundredth_of_the_time(after):
    for epoch in range(1, 1001):
        after.clock.now += 1.0
        after(record(epoch))
    assert after.clock.assessed == 1 + 10  # the first is not counted: it loads what the others need


def test_between_two_assessments_the_old_one_stands(after):
    _, first, second = (after(record(epoch)) for epoch in (1, 2, 3))
    assert (first.just_assessed, second.just_assessed) == (True, False)
    assert second.assessment is first.assessment
    assert second.series is first.series


def test_the_log_that_was_assessed_comes_along_so_that_nobody_reads_it_again(after):
    after(record(1))
    figures = after(record(2), last=True)
    assert figures.series.epoch.tolist() == [1, 2]
    assert figures.assessment.epochs == 2


def test_the_last_epoch_is_always_assessed(after):
    after(record(1))
    assert after(record(2), last=True).just_assessed


def test_an_epoch_without_measurement_is_not_assessed(after):
    after(record(1))
    after.clock.now += 1000.0
    assert not after(unmeasured(2)).just_assessed
    assert after(record(3)).just_assessed


def test_a_log_that_allows_no_verdict_gives_none(after):
    figures = after(unmeasured(1), last=True)
    assert (figures.assessment, figures.just_assessed) == (None, False)


def test_a_verdict_that_fails_is_no_reason_to_lose_a_training(tmp_path, monkeypatch):
    def broken(_series):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(module, "assess", broken)
    warnings = []
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(record(1))
    assert Standing(tmp_path, warnings.append).after(record(1), saved_epoch=0, last=True).assessment is None
    assert warnings == ["cannot assess the run: ZeroDivisionError: by zero; training goes on"]


def test_a_run_that_is_over_has_its_last_verdict(tmp_path):
    assert last_assessment(tmp_path) is None
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(record(1))
    assert last_assessment(tmp_path).epochs == 1
