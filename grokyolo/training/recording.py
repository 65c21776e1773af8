"""What a training writes down of each epoch: a row of gap.csv, one of results.csv, events, remarks."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from pathlib import Path
from typing import Any

from ultralytics.utils import LOGGER, RANK

from grokyolo.errors import GrokyoloError
from grokyolo.files import RUN_FILE
from grokyolo.gap import EventKind
from grokyolo.gap.log import EpochRecord, GapWriter, append_remark
from grokyolo.notify.figures import Figures, Standing
from grokyolo.recipe import seconds
from grokyolo.run import folder, logs, results
from grokyolo.run import state as states
from grokyolo.training import loggers, weights
from grokyolo.training.ending import Patience
from grokyolo.training.loading import Loading
from grokyolo.training.probe import Measurement
from grokyolo.training.snapshot import Place
from grokyolo.training.weights import largest_group, weight_norms

ON_RECORD = "on_grokyolo_record"
"""Callback event: a row of gap.csv has been written; `trainer.record` holds it."""


class Recording(Loading):
    """Mixin over a `BaseTrainer`: writes its logs.

    Attributes:
        record: the last row written, None before the first.
        figures: what others may show of that row's epoch.
        steps: optimizer steps so far.
    """

    record: EpochRecord | None = None
    figures: Figures | None = None
    _val: Measurement | None = None
    _probe: Measurement | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.steps = 0
        self._pending: list[EventKind] = []
        self._records: deque[EpochRecord] = deque()
        self._rows = hashlib.sha256()
        self._result_lines = b""
        self._result_names: tuple[str, ...] = ()
        self.gap_log: GapWriter | None = None
        self._remarked: set[weights.Trouble] = set()
        super().__init__(*args, **kwargs)

    def _setup_train(self) -> None:
        super()._setup_train()
        checkpoint = self.settings["checkpoint"]
        self._planned = self.epochs
        self.stopper = Patience(self.args.patience, int(self.settings.get("stop", {}).get("patience_from", 1)))
        self.save_every, self.keep = seconds(checkpoint["every"]), int(checkpoint["keep"])
        if RANK in {-1, 0}:
            self.standing = Standing(Path(self.save_dir), LOGGER.warning)

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Go on counting where the state left off, and forget the rows that it does not know."""
        super().placed(saved)
        self._seconds_before = 0.0
        self._pending = [EventKind.START]
        if saved is not None and self.place is not None:
            self.steps, self._seconds_before = saved["measured"]["steps"], saved["measured"]["seconds"]
            self._pending = self._going_on(self.place)
            for row in logs.supported_rows(logs.read(Path(self.save_dir)))[: self.place.epoch]:
                self._rows.update(row.line)
        self._started = self._epoch_started = time.monotonic()
        self.train_time_start -= self._seconds_before
        if RANK in {-1, 0} and self.place is None:
            self._open_logs()

    def _going_on(self, place: Place) -> list[EventKind]:
        """Return the events of the first row after a state, and tell of what is not as it was."""
        changes = [change for change in folder.read_changes(Path(self.save_dir)) if change.epoch > place.epoch]
        asked = [event for change in changes for event in change.events]
        found = place.differences
        events = [EventKind.RESUME] if found.exact else [EventKind.RESTART] * bool(found.rest)
        events += [EventKind.DATA_CHANGED] * bool(found.data)
        unasked = {f"{key} changed in the recipe": event for key, event in found.recipe if event not in asked}
        for difference in (*found.data, *found.rest, *unasked):
            LOGGER.warning(f"not an exact resume: {difference}")
        return [*events, *unasked.values(), *asked]

    def _open_logs(self) -> GapWriter:
        """Return the log, cut back to the state from which the training goes on; called when its first row is there."""
        if self.gap_log is None:
            run = Path(self.save_dir)
            if self.place is not None:
                repeats = self._repeats(self.place)
                states.set_aside(run, self.place.epoch)
                logs.go_back(run, self.place.epoch, repeats=repeats)
            self.gap_log = GapWriter(run / logs.LOG)
        return self.gap_log

    def _repeats(self, place: Place) -> bool:
        """Tell whether the rows beyond the state will come again, letter for letter but for their seconds."""
        run, found = Path(self.save_dir), place.differences
        rows = [row.line for row in logs.supported_rows(logs.read(run))]
        known = all(state.knows(rows[: state.epoch]) for state in states.state_files(run) if state.epoch <= len(rows))
        repeatable = bool(self.args.deterministic) and self.settings["gap"]["budget"] is None
        return known and repeatable and found.exact and not found.recipe

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state with what only the log knows."""
        before = self.record.seconds if self.record else self._seconds_before
        return {**super().state_to_save(), "measured": {"steps": self.steps, "seconds": before}}

    def rows_digest(self) -> str:
        """Return the digest of all rows so far, those included that wait for room on the disk."""
        return self._rows.hexdigest()[: states.DIGITS]

    # Events -------------------------------------------------------------------------------------------------------

    def _build_train_pipeline(self) -> None:
        if self.optimizer is not None:  # Ultralytics builds it anew only after running out of memory
            self._pending.append(EventKind.RETRY)
        super()._build_train_pipeline()

    def _handle_nan_recovery(self, epoch: int) -> bool:
        recovered = bool(super()._handle_nan_recovery(epoch))
        if recovered:
            self._pending.append(EventKind.RECOVER)
        return recovered

    def _close_dataloader_mosaic(self) -> None:
        super()._close_dataloader_mosaic()
        if self.args.mosaic > 0 and self.args.task != "classify":
            self._pending.append(EventKind.MOSAIC_CLOSED)

    # One epoch ----------------------------------------------------------------------------------------------------

    def optimizer_step(self) -> None:
        """Step as Ultralytics does, counted."""
        super().optimizer_step()
        self.steps += 1

    def save_metrics(self, metrics: dict[str, float]) -> None:
        """Log the epoch; Ultralytics calls this once for each epoch that counts."""
        now = time.monotonic()
        self.record = self._record(now)
        self._result_names = tuple(metrics)
        self._result_lines += results.row(self.epoch + 1, time.time() - self.train_time_start, metrics)
        self._records.append(self.record)
        self._rows.update(self.record.to_line().encode())
        self.flush_logs()
        self._pending.clear()
        self._epoch_started = now
        last = self.stop or self.epoch + 1 >= self.epochs
        self.figures = self.standing.after(self.record, saved_epoch=self._saved_epoch, last=last)
        self.run_callbacks(ON_RECORD)

    def run_callbacks(self, event: str) -> None:
        """Run callbacks as Ultralytics does; those at the end of an epoch meet grokyolo's figures too."""
        with loggers.shown(self, event):
            super().run_callbacks(event)

    def flush_logs(self, *, sync: bool = False) -> bool:
        """Append what is not yet in gap.csv and results.csv; while the disk is full it waits in memory.

        Args:
            sync: make sure that both outlive the machine.

        Raises:
            GrokyoloError: the run folder is gone.
        """
        run = Path(self.save_dir)
        if not (run / RUN_FILE if self.gap_log is None else self.gap_log.path).exists():
            raise GrokyoloError("the run folder was moved or removed while it was written", where=str(self.save_dir))
        try:
            log = self._open_logs()
            while self._records:
                log.append(self._records[0])
                self._records.popleft()
            if self._result_lines:
                results.append(Path(self.csv), self._header() + self._result_lines)
                self._result_lines = b""
            if sync:
                log.sync()
                results.sync(Path(self.csv))
        except OSError as error:
            LOGGER.warning(f"cannot write the logs: {error.strerror or error}; they wait in memory, training goes on")
            return False
        return True

    def _header(self) -> bytes:
        """Return the header of results.csv where it has none."""
        return b"" if Path(self.csv).exists() else results.header(self._result_names)

    def saved(self) -> None:
        """Remark on numerical trouble, each kind once."""
        for trouble, text in weights.remarks(self.scaler, self.ema.ema.state_dict().values()).items():
            self._remark(trouble, text)

    def _remark(self, trouble: weights.Trouble, text: str) -> None:
        if trouble not in self._remarked:
            self._remarked.add(trouble)
            LOGGER.warning(text)
            try:
                append_remark(Path(self.save_dir), self.epoch + 1, text)
            except OSError as error:
                LOGGER.warning(f"cannot write it down: {error.strerror or error}; training goes on")

    def _record(self, now: float) -> EpochRecord:
        group = largest_group(self.optimizer)
        decayed, free = weight_norms(self.optimizer)
        if self.stop and self.epoch + 1 < self._planned:
            self._pending.append(EventKind.STOP)
        val, probe = self._val, self._probe
        if val and val.score is None:
            self._remark(weights.Trouble.NO_LABELS, "no validation image has a label: val_score is not measured")
        return EpochRecord(
            epoch=self.epoch + 1,
            step=self.steps,
            seconds=self._seconds_before + now - self._started,
            lr=float(group["lr"]),
            weight_decay=float(group["weight_decay"]),
            train_loss=self.mean_loss(),
            probe_loss=probe.loss if probe else None,
            val_loss=val.loss if val else None,
            probe_score=probe.score if probe else None,
            val_score=val.score if val else None,
            norm_decayed=decayed,
            norm_free=free,
            events=tuple(dict.fromkeys(self._pending)),
        )
