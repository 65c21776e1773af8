"""What Ultralytics prints goes where it should, and threads are as many as the environment says."""

import sys
import warnings

import pytest
from ultralytics.utils import torch_utils

from grokyolo.training.environment import THREADS, limit_threads, ultralytics_output


def say():
    from ultralytics.utils import LOGGER

    sys.stdout.write("printed\n")
    LOGGER.info("a table")
    LOGGER.warning("something is odd")
    LOGGER.warning("\x1b[34m\x1b[1msomething\x1b[0m is odd")


def test_warnings_alone_get_through_and_once(capsys):
    warnings = []
    with ultralytics_output(warnings.append, verbose=False):
        say()
    assert warnings == ["something is odd"]
    assert capsys.readouterr() == ("", "")


def test_verbose_shows_everything_on_standard_error(capsys):
    with ultralytics_output(lambda _text: None, verbose=True):
        say()
    out, err = capsys.readouterr()
    assert out == ""
    assert "printed" in err
    assert "a table" in err


def test_logging_is_as_before_afterwards():
    from ultralytics.utils import LOGGER

    before = LOGGER.level, list(LOGGER.handlers)
    with ultralytics_output(lambda _text: None, verbose=False):
        pass
    assert (LOGGER.level, list(LOGGER.handlers)) == before


def test_python_warnings_come_the_same_way_but_for_those_about_code(capsys):
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with ultralytics_output(said.append, verbose=False):
            for _ in range(2):
                warnings.warn("the disk is slow", UserWarning, stacklevel=1)
            warnings.warn("torch.jit.trace is deprecated", FutureWarning, stacklevel=1)
            warnings.warn("use another name", DeprecationWarning, stacklevel=1)
            warnings.warn("`get_trial_id` is meant to only be called inside Ray", UserWarning, stacklevel=1)
    assert said == ["the disk is slow"]
    assert capsys.readouterr().err == ""


@pytest.fixture
def threads(monkeypatch):
    """Return how many a training on the CPU would use, with a value of the variable."""
    import torch

    before = torch.get_num_threads()
    monkeypatch.setattr(torch_utils, "NUM_THREADS", 1)

    def chosen(value: str) -> int:
        monkeypatch.setenv(THREADS, value)
        limit_threads()
        torch_utils.select_device("cpu")
        return torch.get_num_threads()

    yield chosen
    torch.set_num_threads(before)


def test_the_environment_decides(threads):
    assert threads("3") == 3
    assert threads("2") == 2


@pytest.mark.parametrize("value", ["", "0", "-1", "many"])
def test_what_is_no_number_changes_nothing(threads, value):
    assert threads(value) == 1
