"""Wishes to stop."""

import os
import signal

import pytest

from grokyolo.errors import Interrupted, Stopped
from grokyolo.run import signals


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGTERM, Stopped),
        (signal.SIGUSR1, Stopped),
        (signal.SIGHUP, Stopped),
        (signal.SIGINT, Interrupted),
    ],
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


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, Stopped), (signal.SIGINT, Interrupted)])
def test_no_library_takes_a_stop_at_once_for_its_own_failure(number, error):
    with pytest.raises(error), signals.heard():
        try:
            os.kill(os.getpid(), number)
        except Exception:  # as it stands around every download
            pytest.fail("swallowed")


def test_what_a_library_makes_of_a_stop_at_once_is_still_that_stop():
    with pytest.raises(Interrupted), signals.heard():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("numpy.core.multiarray failed to import") from None


def test_a_failure_after_a_stop_that_waits_is_a_failure():
    with pytest.raises(OSError, match="full"), signals.heard() as request:
        request.can_wait = True
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError("full")


def test_a_process_that_was_forked_leaves_stopping_to_its_parent():
    with signals.heard() as request:
        child = os.fork()
        if not child:
            try:
                request.signalled(signal.SIGINT)
                os._exit(0 if request.error() is None else 1)
            except BaseException:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0


def test_nohup_stays_in_force():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.heard() as request:
            os.kill(os.getpid(), signal.SIGHUP)
            assert request.error() is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


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
