"""A training on several GPUs: launched here, trained in one process per GPU, logged and saved by the first of them."""

from __future__ import annotations

import queue
import signal
import traceback
from functools import partial
from typing import Any

from torch import distributed
from ultralytics.utils import LOGGER, RANK
from ultralytics.utils.dist import ddp_cleanup, generate_ddp_command

from grokyolo.errors import GrokyoloError, Interrupted, Stopped
from grokyolo.notify.figures import Standing
from grokyolo.run import signals
from grokyolo.training import processes
from grokyolo.training.environment import ultralytics_output
from grokyolo.training.measuring import Measured
from grokyolo.training.processes import Finished, Processes, Word
from grokyolo.training.recording import ON_RECORD

LOOK_EVERY = 0.2
"""Seconds between looks at signals and time limit."""


class Several(Measured):
    """Mixin over a `BaseTrainer`: launches processes as Ultralytics does, and stays in touch with them."""

    def train(self) -> None:
        """Train in this process, or launch those that do.

        Raises:
            Stopped, Interrupted: as asked; everything is saved.
            GrokyoloError: training failed in one of the processes.
        """
        if self.ddp:
            self._launch()
        elif RANK == -1:
            super().train()
        else:
            self._take_part()

    # In each of the processes -------------------------------------------------------------------------------------

    def _take_part(self) -> None:
        def warn(text: str) -> None:
            processes.say(Word.WARNING, text)

        verbose = LOGGER.isEnabledFor(20)
        with ultralytics_output(warn, verbose=verbose), signals.heard() as request:
            processes.die_with_launcher(partial(_wish_to_stop, request) if RANK == 0 else None)
            self.add_callback(ON_RECORD, _say_finished)
            try:
                super().train()
                distributed.destroy_process_group()  # its threads abort a process that ends before they do
            except (Stopped, Interrupted):
                if RANK == 0:
                    processes.say(Word.STOPPED, self._saved_epoch)
            except GrokyoloError as error:
                processes.say_failed(error)
                raise
            except Exception as error:
                processes.say(Word.CRASHED, [f"{type(error).__name__}: {error}", *traceback.format_exception(error)])
                raise

    # In the launcher ----------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        if self.args.batch < 1:
            raise GrokyoloError(
                "batch must be a number of images when several GPUs share it",
                where=f"batch={self.args.batch}, device={self.args.device}",
                hint=f"add batch={8 * self.world_size} to the command line",
            )
        self.args.rect = False  # one order of images for all
        self.epoch_time = None
        self.resume = True  # or Ultralytics removes the run folder
        told = self.callbacks.pop(ON_RECORD, [])
        command, file = generate_ddp_command(self)
        self.callbacks[ON_RECORD] = told
        signals.current.can_wait = True
        try:
            with processes.launched(command) as launched:
                self._follow(launched)
        finally:
            ddp_cleanup(self, file)

    def _follow(self, launched: Processes) -> None:
        standing = Standing(self.save_dir, LOGGER.warning)
        asked: GrokyoloError | None = None
        while True:
            if asked is None and (asked := signals.current.error(margin=self._last_epoch_seconds())):
                launched.ask_to_stop()
            try:
                said = launched.said(LOOK_EVERY)
            except queue.Empty:
                continue
            if said is None:
                break
            if isinstance(said, str):
                LOGGER.info(said)
                continue
            word, content = said
            if word is Word.EPOCH:
                self._show(processes.finished(content), standing)
            elif word is Word.WARNING:
                LOGGER.warning(content)
            elif word is Word.STOPPED:
                self._saved_epoch = content
                raise self._resumable(asked or Stopped("stopped by a signal to one of its processes"))
            elif word is Word.FAILED:
                raise GrokyoloError(**content)
            elif word is Word.CRASHED:
                raise RuntimeError("\n".join(content))
        if launched.process.wait():
            raise RuntimeError("\n".join(["one of the training processes died", *launched.last]))

    def _show(self, done: Finished, standing: Standing) -> None:
        before = self.record.seconds if self.record else 0.0
        self.epoch_time = done.record.seconds - before
        self.record, self.epochs, self._saved_epoch = done.record, done.epochs, done.saved_epoch
        self.figures = standing.after(done.record, saved_epoch=done.saved_epoch, last=done.record.epoch >= done.epochs)
        self.run_callbacks(ON_RECORD)


def _wish_to_stop(request: signals.StopRequest) -> None:
    request.note(signal.SIGTERM)


def _say_finished(trainer: Any) -> None:
    processes.say_finished(Finished(trainer.record, trainer.epochs, trainer._saved_epoch))
