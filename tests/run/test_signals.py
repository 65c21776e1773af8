"""Wishes to stop."""

import os
import signal

import pytest

from grokyolo.errors import Interrupted, Stopped
from grokyolo.run import signals


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGTERM, Stopped), (signal.SIGUSR1, Stopped), (signal.SIGINT, Interrupted)]
)
def test_a_training_hears_of_it_at_its_next_batch(number, error):
    with signals.heard() as request:
        request.can_wait = True
        assert request.error() is None
        os.kill(os.getpid(), number)
        assert isinstance(request.error(), error)


def test_before_training_a_signal_stops_at_once():
    with pytest.raises(Stopped), signals.heard():
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_second_ctrl_c_stops_at_once():
    with pytest.raises(Interrupted), signals.heard() as request:
        request.can_wait = True
        os.kill(os.getpid(), signal.SIGINT)
        assert request.error() is not None
        os.kill(os.getpid(), signal.SIGINT)


def test_the_time_limit_leaves_room_for_finishing():
    with signals.heard(time_limit=3600) as request:
        assert request.error() is None
        assert request.error(margin=3500) is None
        assert isinstance(request.error(margin=3700), Stopped)


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with signals.heard():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
