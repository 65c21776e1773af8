"""The text file for node_exporter."""

import math
import os
import re
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.notify import prometheus as module
from grokyolo.notify.prometheus import Metric, PrometheusFile, exposition, replace_file
from grokyolo.notify.reporting import EndKind, TrainingReport
from grokyolo.verdict import Verdict
from tests.notify.reports import assessment, progress, record, unmeasured

SAMPLE = re.compile(r'grokyolo_[a-z_]+\{([a-z]+="(?:[^"\\\n]|\\["\\n])*")(,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\} \S+')


def unwanted(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture
def file(tmp_path):
    """A file that is kept for a run called a; its clock stands still unless told."""
    clock = [100.0]
    file = PrometheusFile(tmp_path / "a.prom", unwanted, clock=lambda: clock[0], now=lambda: 1e9)
    file.wait = lambda seconds: clock.__setitem__(0, clock[0] + seconds)
    file.started(Path("runs/a"))
    return file


def samples(file: PrometheusFile) -> dict[str, float]:
    lines = file.path.read_text().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


class TestSamples:
    def test_an_epoch_is_written_with_everything_known_of_it(self, file):
        file.epoch(progress(record(12), assessment(Verdict.MEMORISING)))
        assert (
            samples(file).items()
            >= {
                'grokyolo_epoch{run="a"}': 12,
                'grokyolo_epochs_planned{run="a"}': 100,
                'grokyolo_optimizer_steps{run="a"}': 108,
                'grokyolo_trained_seconds{run="a"}': 24.0,
                'grokyolo_epoch_seconds{run="a"}': 2.0,
                'grokyolo_last_epoch_timestamp_seconds{run="a"}': 1e9,
                'grokyolo_saved_epoch{run="a"}': 7,
                'grokyolo_measured_epoch{run="a"}': 12,
                'grokyolo_loss{run="a",split="train"}': 1.5,
                'grokyolo_loss{run="a",split="probe"}': 1.0,
                'grokyolo_loss{run="a",split="val"}': 3.0,
                'grokyolo_score{run="a",split="probe",score="top1"}': 0.75,
                'grokyolo_score{run="a",split="val",score="top1"}': 0.25,
                'grokyolo_loss_gap{run="a"}': 2.0,
                'grokyolo_score_gap{run="a"}': 0.5,
                'grokyolo_weight_norm{run="a",weights="decayed"}': 20.0,
                'grokyolo_weight_norm{run="a",weights="free"}': 5.0,
                'grokyolo_learning_rate{run="a"}': 0.002,
                'grokyolo_weight_decay{run="a"}': 0.5,
                'grokyolo_decay_budget{run="a"}': 0.25,
                'grokyolo_verdict{run="a",verdict="memorising"}': 1,
                'grokyolo_verdict{run="a",verdict="grokked"}': 0,
                'grokyolo_state{run="a",state="training"}': 1,
                'grokyolo_state{run="a",state="done"}': 0,
            }.items()
        )

    def test_exactly_one_verdict_and_one_state_hold(self, file):
        file.epoch(progress(record(12), assessment(Verdict.GROKKED)))
        for name, count in (("verdict", len(Verdict)), ("state", 4)):
            values = [value for key, value in samples(file).items() if key.startswith(f"grokyolo_{name}{{")]
            assert (len(values), sum(values)) == (count, 1)

    def test_what_was_never_measured_is_absent(self, file):
        file.epoch(progress(unmeasured(1), usual_seconds=None, decay_budget=None))
        names = {key.partition("{")[0] for key in samples(file)}
        assert not names & {
            *("grokyolo_score", "grokyolo_score_gap", "grokyolo_loss_gap", "grokyolo_measured_epoch"),
            *("grokyolo_verdict", "grokyolo_epoch_seconds", "grokyolo_decay_budget"),
        }
        assert [key for key in samples(file) if key.startswith("grokyolo_loss")] == [
            'grokyolo_loss{run="a",split="train"}'
        ]

    def test_what_was_measured_earlier_says_when(self, file):
        file.epoch(progress(record(10)))
        file.wait(10)
        file.epoch(progress(unmeasured(15)))
        found = samples(file)
        assert found['grokyolo_epoch{run="a"}'] == 15
        assert found['grokyolo_measured_epoch{run="a"}'] == 10
        assert found['grokyolo_score{run="a",split="val",score="top1"}'] == 0.25

    @pytest.mark.parametrize(
        ("ending", "state"), [(EndKind.DONE, "done"), (EndKind.STOPPED, "stopped"), (EndKind.FAILED, "failed")]
    )
    def test_the_end_is_written_with_the_last_verdict(self, ending, state, file):
        file.epoch(progress(record(12), assessment(Verdict.MEMORISING)))
        file.ended(TrainingReport(ending, assessment=assessment(Verdict.GROKKED), saved_epoch=12))
        found = samples(file)
        assert found[f'grokyolo_state{{run="a",state="{state}"}}'] == 1
        assert found['grokyolo_state{run="a",state="training"}'] == 0
        assert found['grokyolo_verdict{run="a",verdict="grokked"}'] == 1
        assert found['grokyolo_saved_epoch{run="a"}'] == 12

    def test_a_training_that_never_finished_an_epoch_writes_nothing(self, file):
        file.ended(TrainingReport(EndKind.FAILED))
        assert not file.path.exists()


class TestFormat:
    def test_each_metric_has_one_head_and_the_file_ends_with_a_newline(self, file):
        file.epoch(progress(record(12), assessment()))
        text = file.path.read_text()
        names = re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)
        assert names == re.findall(r"^# HELP (\S+) \S.*$", text, re.MULTILINE)
        assert len(names) == len(set(names))
        assert text.endswith("\n")

    @pytest.mark.parametrize("run", ["exp1", 'say "hi"', "back\\slash", "two\nlines", "<script>", "naïve"])
    def test_labels_are_escaped(self, run):
        text = exposition(run, [Metric("epoch", "Epochs.", (({"kind": run}, 1.0),))])
        assert len(text.splitlines()) == 3
        sample = text.splitlines()[2]
        assert SAMPLE.fullmatch(sample)
        label = re.search(r'run="((?:[^"\\]|\\.)*)"', sample)[1]
        assert re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], label) == run

    @pytest.mark.parametrize(
        ("value", "text"), [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (0.1, "0.1"), (12, "12")]
    )
    def test_numbers_are_spelled_as_prometheus_does(self, value, text):
        assert exposition("a", [Metric("loss", "Loss.", (({}, value),))]).splitlines()[2].endswith(f" {text}")

    def test_a_metric_without_a_value_has_no_head_either(self):
        assert exposition("a", [Metric("loss", "Loss.", (({}, None),))]).strip() == ""


class TestWriting:
    def test_at_most_every_ten_seconds(self, file):
        file.epoch(progress(record(1)))
        file.wait(9.9)
        file.epoch(progress(record(2)))
        assert samples(file)['grokyolo_epoch{run="a"}'] == 1
        file.wait(0.1)
        file.epoch(progress(record(3)))
        assert samples(file)['grokyolo_epoch{run="a"}'] == 3

    def test_the_end_waits_for_nothing(self, file):
        file.epoch(progress(record(1)))
        file.epoch(progress(record(2)))
        file.ended(TrainingReport(EndKind.DONE))
        assert samples(file)['grokyolo_epoch{run="a"}'] == 2

    def test_the_file_is_replaced_as_a_whole(self, tmp_path, monkeypatch):
        path = tmp_path / "a.prom"
        replace_file(path, "old\n")
        seen = []
        real = Path.replace

        def replace(self, target):
            seen.append((target.read_text(), self.read_text(), self.suffix))
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)
        replace_file(path, "new\n")
        assert seen == [("old\n", "new\n", f".{os.getpid()}")], "under a name that the collector does not read"
        assert path.read_text() == "new\n"
        assert list(tmp_path.iterdir()) == [path]

    def test_the_collector_may_read_it(self, file):
        old = os.umask(0o022)
        try:
            file.epoch(progress(record(1)))
        finally:
            os.umask(old)
        assert file.path.stat().st_mode & 0o777 == 0o644

    def test_a_disk_that_refuses_is_one_warning(self, tmp_path, monkeypatch):
        warnings = []
        file = PrometheusFile(tmp_path / "a.prom", warnings.append)

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(module, "replace_file", full)
        file.epoch(progress(record(1)))
        file.ended(TrainingReport(EndKind.DONE))
        path = tmp_path / "a.prom"
        assert warnings == [f"cannot write {path}: No space left on device; training goes on and tries again"]

    def test_a_write_that_fails_leaves_nothing_behind(self, tmp_path):
        (tmp_path / "a.prom").mkdir()
        with pytest.raises(OSError, match="irectory"):
            replace_file(tmp_path / "a.prom", "new\n")
        assert [path.name for path in tmp_path.iterdir()] == ["a.prom"]


class TestUsage:
    def test_a_folder_that_does_not_exist_is_found_before_training(self, tmp_path):
        with pytest.raises(UsageError, match="there is no folder"):
            PrometheusFile(tmp_path / "no/a.prom", unwanted)

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(UsageError, match="is a folder"):
            PrometheusFile(tmp_path, unwanted)

    def test_a_folder_that_may_not_be_written_to_is_found_before_training(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(UsageError, match="may not be written to"):
            PrometheusFile(tmp_path / "a.prom", unwanted)

    def test_a_name_that_node_exporter_does_not_read_is_remarked_on(self, tmp_path):
        warnings = []
        PrometheusFile(tmp_path / "a.txt", warnings.append)
        assert warnings == ["node_exporter reads only files that end in .prom, which a.txt does not"]
