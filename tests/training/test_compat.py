"""An Ultralytics that is not the one that the trainer was written for says so before it trains."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import ultralytics

from grokyolo.training import compat
from grokyolo.training.compat import Need

TRAINER = "engine/trainer.py"


@pytest.fixture
def changed(tmp_path, python, root):
    """Return a function: what to replace by what in a copy of Ultralytics' trainer; gives what `check` says to it."""

    def told(old: str, new: str) -> tuple[int, str]:
        package = tmp_path / "ultralytics"
        shutil.copytree(Path(ultralytics.__file__).parent, package, ignore=shutil.ignore_patterns("assets", "*.pyc"))
        source = (package / TRAINER).read_text()
        assert old in source
        (package / TRAINER).write_text(source.replace(old, new))
        script = (
            "from grokyolo.errors import GrokyoloError\nfrom grokyolo.training import compat\n"
            "try:\n    compat.check(print)\nexcept GrokyoloError as error:\n"
            "    print(*error.lines(), sep='\\n')\n    raise SystemExit(error.exit_code)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
        done = subprocess.run([python, "-c", script], env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    return told


def test_the_installed_one_has_everything():
    warnings: list[str] = []
    compat.check(warnings.append)
    assert warnings == []


def test_a_method_that_was_renamed_is_an_error_with_the_release_to_install(changed):
    code, out = changed("_setup_scheduler", "_build_scheduler")
    assert code == 1
    assert "error: ultralytics.engine.trainer.BaseTrainer._setup_scheduler is missing, which the trainer needs" in out
    assert f"pip install ultralytics=={compat.TESTED}" in out


def test_a_method_that_takes_something_else_is_an_error(changed):
    code, out = changed("def _handle_nan_recovery(self, epoch)", "def _handle_nan_recovery(self, batch, epoch)")
    assert code == 1
    assert "_handle_nan_recovery takes (batch, epoch) instead of (epoch)" in out


def test_an_attribute_that_is_gone_is_an_error(changed):
    code, out = changed("self.plot_idx", "self.plotted")
    assert code == 1
    assert "BaseTrainer sets no attribute plot_idx" in out


def test_another_loop_is_a_warning(changed):
    code, out = changed("nb = len(self.train_loader)  # number of batches", "nb = len(self.train_loader) + 0")
    assert code == 0
    assert f"another training loop than {compat.TESTED}" in out


def test_other_comments_make_no_other_loop(changed):
    code, out = changed("nb = len(self.train_loader)  # number of batches", "nb = len(self.train_loader)  # batches")
    assert (code, out) == (0, "")


@pytest.mark.parametrize(
    ("need", "said"),
    [
        (Need("ultralytics.engine.nowhere:Thing"), "ultralytics.engine.nowhere.Thing is missing"),
        (Need("torch:_foreach_nothing"), "torch._foreach_nothing is missing"),
        (Need("ultralytics.utils.torch_utils:NUM_THREADS", ()), "NUM_THREADS is no function any more"),
        (Need("ultralytics.utils.torch_utils:unwrap_model", ("m",)), ""),
    ],
)
def test_what_is_wrong_is_named(need, said):
    assert compat.problem(need).endswith(said)
    assert bool(compat.problem(need)) is bool(said)


def test_everything_that_the_trainer_overrides_is_checked():
    """A method of ours that has a namesake in `BaseTrainer` is leaned on, and so must stand in the list."""
    from ultralytics.engine.trainer import BaseTrainer

    from grokyolo.training.trainer import TRAINERS

    listed = {need.where.rpartition(".")[2] for need in compat.NEEDS if need.where.startswith(compat.TRAINER)}
    ours = [kind for kind in TRAINERS["detect"].__mro__ if kind.__module__.startswith("grokyolo")]
    overridden = {name for kind in ours for name in vars(kind) if callable(getattr(BaseTrainer, name, None))}
    assert {name for name in overridden if not re.fullmatch("__(?!init).*__", name)} <= listed
