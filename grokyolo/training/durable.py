"""A training that outlives its process: saved by time and by need, resumed exactly, stopped in order."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from ultralytics.utils import LOGGER, RANK, YAML

from grokyolo.errors import GrokyoloError, Interrupted, RunError, Stopped
from grokyolo.files import write_durably
from grokyolo.run import folder, signals, status
from grokyolo.run import state as states
from grokyolo.training import checkpoints, determinism, inputs, snapshot, state
from grokyolo.training.engine import Engine

RECOVERIES = 3
"""Times in a row that an epoch is trained again after its loss was not finite, as in Ultralytics."""
LONG_EPOCH = 10.0
"""Seconds. A shorter epoch is finished before a wished stop; clusters kill 30 seconds after they ask."""
WAIT_FOR_ROOM, ASK_FOR_ROOM = 300.0, 1.0
"""Seconds that the end of a training waits for a disk to take it, and between its attempts."""
RETRY_SAVING = 60.0
"""Seconds until the next attempt after the disk refused to take a state."""


@dataclass(frozen=True)
class Ready:
    """Everything a save writes, made but not yet on disk."""

    epoch: int
    state: bytes
    last: bytes


class Durable(Engine):
    """Mixin over a `BaseTrainer`: full states in `state/`, weights in `weights/`, exact resume, orderly stops.

    Attributes:
        save_every: seconds between full states.
        keep: how many of them stay.
        place: where the training was resumed, None for a new one.
        ended_by: what ended the training that was resumed, empty where it goes on.
    """

    save_every = 600.0
    keep = 3
    place: snapshot.Place | None = None
    ended_by = ""
    _best: checkpoints.Best | None = None
    _ready: Ready | None = None
    _saved_epoch = 0
    _position: dict[str, Any] | None = None
    _inputs: dict[str, Any]
    _next_save = 0.0

    # Resume -------------------------------------------------------------------------------------------------------

    def check_resume(self, overrides: dict[str, Any]) -> None:
        """Keep results.csv of a run that goes on; `BaseTrainer.__init__` removes that of one that does not."""
        super().check_resume(overrides)
        self.args.resume = not status.is_fresh(Path(overrides["project"]) / overrides["name"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.args.resume:
            self.args.resume = False  # Ultralytics' own resume is another thing
            if RANK in {-1, 0}:
                YAML.save(Path(self.save_dir) / "args.yaml", vars(self.args))

    def get_dataloader(self, dataset_path: Any, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Build a loader as Ultralytics does; that of the training images can be put back to where it was."""
        with inputs.labels_as_they_are():
            loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        if mode != "train":
            return loader
        if RANK != -1:
            return determinism.with_seeded_images(loader, int(self.args.seed), determinism.Share(RANK, self.world_size))
        if loader.num_workers:
            return determinism.with_seeded_images(loader, int(self.args.seed))
        determinism.record_order(loader)
        return loader

    def begin(self) -> None:
        """Go on from the newest sound state that the log supports, or begin at the first epoch."""
        run = Path(self.save_dir)
        saved = self._saved_state(run)
        self._inputs = inputs.taken(self) if RANK in {-1, 0} else {}
        if saved is not None:
            differences = inputs.compared(saved, self._inputs) if RANK in {-1, 0} else inputs.Differences()
            self.place = snapshot.Place(int(saved["epoch"]), differences)
            if self.place.epoch:
                snapshot.put(self, saved)
                self._saved_epoch = self.place.epoch
                self._next_save = time.monotonic() + self.save_every
                extended = folder.run_file(run).extended == self.place.epoch
                self.over = self.place.epoch >= self.epochs or bool(saved.get("ended") and not extended)
                self.ended_by = str(saved.get("ended") or "") if self.over else ""
            else:
                saved = None
        self.placed(saved)
        if self.place is None and RANK in {-1, 0}:
            self._save_beginning(run)
        signals.current.can_wait = True
        super().begin()

    def _saved_state(self, run: Path) -> dict[str, Any] | None:
        """Return the state to go on from, None for a training that begins.

        Raises:
            RunError: there is none that is sound, and training would go over what was trained.
        """
        found = status.state_to_resume(run, LOGGER.warning if RANK in {-1, 0} else lambda text: None)
        if found is None:
            return None
        saved = state.load(found)
        if saved is None:
            raise RunError(f"{found.path.name} changed while it was read", where=str(found.path))
        return saved

    def _save_beginning(self, run: Path) -> None:
        """Note what the training begins with, so that it can begin again after a kill before its first state."""
        try:
            states.save(run, 0, state.encode({**snapshot.beginning(), **self._inputs}), self.keep)
        except OSError as error:
            LOGGER.warning(f"cannot save the beginning: {error.strerror or error}; training goes on")

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Take further values out of the state, None for a new training; `state_to_save` puts them there."""

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state after the present epoch."""
        return {**snapshot.take(self), **self._inputs, "ended": self._ending()}

    def rows_digest(self) -> str:
        """Return the digest of the rows that the state counts on, empty where there are none; subclasses have some."""
        return ""

    def _ending(self) -> str:
        """Return how the training ends with the present epoch, empty where it goes on."""
        if not self.stop:
            return self.ended_by
        if self.epoch + 1 >= self.epochs:
            return status.Ending.EPOCHS.value
        return (status.Ending.PATIENCE if self.stopper.is_spent(self.epoch + 1) else status.Ending.STOP).value

    # Save ---------------------------------------------------------------------------------------------------------

    def save_model(self) -> bool:
        """Save when it is due; Ultralytics calls this after each epoch."""
        if self.fitness is not None and self.best_fitness == self.fitness:
            self._best = checkpoints.present(self, self._best)
        self._ready = None
        long_epoch = time.time() - self.epoch_time_start > LONG_EPOCH
        if not (long_epoch or self.stop or self._stop_wanted() or time.monotonic() >= self._next_save):
            return False
        self._ready = self._make_ready()
        if self._stop_wanted() or self.stop or time.monotonic() >= self._next_save:
            return self._write()
        return False

    def _make_ready(self) -> Ready:
        last = checkpoints.content(self, checkpoints.present(self))
        return Ready(self.epoch + 1, state.encode(self.state_to_save(), self.rows_digest()), last)

    def _write(self) -> bool:
        """Write what is ready; a full disk is no reason to lose the training: warn and try again later."""
        assert self._ready is not None, "called after _make_ready"
        if not math.isfinite(self.mean_loss()) and not self.stop:
            return False  # a state to recover from must not give way to one that is spoiled
        if not self.flush_logs(sync=True):
            return False  # rows come first: a resume cuts the logs back to the state, it cannot add to them
        try:
            if self._best is not None:
                write_durably(self.best, checkpoints.content(self, self._best))
                self._best = None
            write_durably(self.last, self._ready.last)
            states.save(Path(self.save_dir), self._ready.epoch, self._ready.state, self.keep)
        except OSError as error:
            LOGGER.warning(
                f"cannot save after epoch {self._ready.epoch}: {error.strerror or error}; the last saved epoch is "
                f"{self._saved_epoch}; training goes on and tries again"
            )
            self._next_save = time.monotonic() + RETRY_SAVING
            return False
        self._saved_epoch = self._ready.epoch
        self._next_save = time.monotonic() + self.save_every
        self.saved()
        return True

    def saved(self) -> None:
        """Look at what was saved; subclasses may."""

    def flush_logs(self, *, sync: bool = False) -> bool:
        """Tell whether the logs hold every finished epoch, safe from a power cut with `sync`; subclasses write them."""
        return True

    def mean_loss(self) -> float:
        """Return the mean training loss of the epoch, summed over its items."""
        return math.fsum(float(item.sum()) for item in (self.tloss or {}).values())

    def final_eval(self) -> None:
        """Validate the best weights as Ultralytics does; they are stripped already."""
        if RANK in {-1, 0}:
            self._save_the_end()
            if ended_by := self._ending():
                folder.add_facts(Path(self.save_dir), {"ended_by": ended_by})
        if not self.best.exists():
            LOGGER.warning(f"{self.best} was removed: there is nothing for a last validation; weights/last.pt is whole")
            return
        self.validator.args.plots = self.args.plots
        self.validator.args.compile = False
        self.metrics = self.validator(model=self.best)
        self.metrics.pop("fitness", None)
        self.epoch += 1  # loggers show these at one epoch after the last
        self.run_callbacks("on_fit_epoch_end")
        self.epoch -= 1

    def _save_the_end(self) -> None:
        """Make sure that the last epoch is saved: whoever makes room within some minutes loses nothing.

        Raises:
            GrokyoloError: there was none.
            Stopped, Interrupted: somebody did not want to wait.
        """
        deadline = time.monotonic() + WAIT_FOR_ROOM
        if self._saved_epoch != self.epoch + 1:
            LOGGER.warning(f"the end cannot be saved yet: trying again for {WAIT_FOR_ROOM:g} s, so make room")
        while self._saved_epoch != self.epoch + 1:
            if error := signals.current.error():
                raise self._resumable(error)
            if time.monotonic() >= deadline:
                shown = folder.shown(Path(self.save_dir))
                raise GrokyoloError(
                    f"the end could not be saved for want of room; the last saved epoch is {self._saved_epoch}",
                    where=shown,
                    hint=f"grokyolo resume {quote(shown)}",
                )
            time.sleep(ASK_FOR_ROOM)
            self._ready = self._ready or self._make_ready()
            self._write()

    def before_batches(self) -> None:
        """Let workers that begin now begin with this epoch; each of several processes has its own numbers for it."""
        determinism.start_at(self.train_loader, self.epoch)
        if RANK != -1:
            determinism.seed_generators(int(self.args.seed), self.epoch, RANK)

    # Stop ---------------------------------------------------------------------------------------------------------

    def _stop_wanted(self) -> bool:
        return signals.current.error(margin=self._last_epoch_seconds()) is not None

    def _last_epoch_seconds(self) -> float:
        return float(self.epoch_time or 0.0)

    def after_batch(self) -> None:
        """Stop in the middle of a long epoch, which is then trained again from its beginning."""
        if self._ready is not None and (error := signals.current.error()):
            if self._saved_epoch != self._ready.epoch:
                self._write()
            raise self._resumable(error)

    def after_epoch(self) -> None:
        """Stop between two epochs; of several processes, the first one decides for all."""
        self._position = snapshot.position(self) if RANK == -1 else None
        error = signals.current.error(margin=self._last_epoch_seconds())
        if not self.shared(error is not None):
            return
        if RANK in {-1, 0} and self._saved_epoch != self.epoch + 1:
            self._ready = self._make_ready()
            self._write()
        raise self._resumable(error or Stopped("stopped with the first process"))

    def _resumable(self, error: GrokyoloError) -> GrokyoloError:
        return type(error)(f"{error.what}; saved up to epoch {self._saved_epoch} of {self.epochs}")

    # Fail -----------------------------------------------------------------------------------------------------------

    def _do_train(self) -> None:
        try:
            super()._do_train()
        except (Stopped, Interrupted):
            raise
        except Exception:
            self._save_last_finished()
            raise

    def _forward_backward(self, i: int, batch: Any) -> Any:
        self._position = None  # from here on the last finished epoch is no more in memory
        return super()._forward_backward(i, batch)

    def _save_last_finished(self) -> None:
        """Save the last finished epoch after a failure, as far as it is still whole in memory.

        It is when no image of the next one was trained on, as where the data set has gone, and after a long epoch,
        which is made ready to be saved each time.
        """
        if self._position is not None and self._saved_epoch != self.epoch:
            self.epoch -= 1
            try:
                last = checkpoints.content(self, checkpoints.present(self))
                content = {**self.state_to_save(), **self._position}
                self._ready = Ready(self.epoch + 1, state.encode(content, self.rows_digest()), last)
            finally:
                self.epoch += 1
        if self._ready is not None and self._ready.epoch > self._saved_epoch:
            self._write()

    # Recover ------------------------------------------------------------------------------------------------------

    def _handle_nan_recovery(self, epoch: int) -> bool:
        """Put the last saved weights back after an epoch whose loss was not finite, and train it again.

        Random states go on, so the same accident does not repeat itself.

        Raises:
            GrokyoloError: the loss was not finite four times in a row.
        """
        spoiled = not math.isfinite(self.mean_loss()) or (self.fitness is not None and not math.isfinite(self.fitness))
        if not self.anywhere(spoiled) or not self.shared(self._saved_epoch):
            return False  # nothing to go back to: the curve shows it, and the verdict says so
        self.nan_recovery_attempts += 1
        if self.nan_recovery_attempts > RECOVERIES:
            raise GrokyoloError(
                f"the loss of epoch {epoch + 1} was not finite in {self.nan_recovery_attempts} attempts",
                where=str(self.save_dir),
            )
        saved = state.load_newest(Path(self.save_dir), LOGGER.warning)
        if saved is None:
            return False
        LOGGER.warning(
            f"the loss of epoch {epoch + 1} is not finite: back to the weights of epoch {saved['epoch']} "
            f"(attempt {self.nan_recovery_attempts} of {RECOVERIES})"
        )
        self._model_train()
        self.put_back(saved)
        self.scheduler.last_epoch = epoch - 1
        return True

    def put_back(self, saved: dict[str, Any]) -> None:
        """Put a state's weights back, and what belongs to them; the training goes on where it is."""
        snapshot.put_weights(self, saved)
