"""Threads of a training: as many as the environment says."""

import pytest
from ultralytics.utils import torch_utils

from grokyolo.training.threads import VARIABLE, limit_threads


@pytest.fixture
def threads(monkeypatch):
    """Return how many a training on the CPU would use, with a value of the variable."""
    import torch

    before = torch.get_num_threads()
    monkeypatch.setattr(torch_utils, "NUM_THREADS", 1)

    def chosen(value: str) -> int:
        monkeypatch.setenv(VARIABLE, value)
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
