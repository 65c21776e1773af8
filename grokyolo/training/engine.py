"""The training loop: Ultralytics' semantics, made to be stopped and resumed.

`BaseTrainer._do_train` keeps its position (accumulation, warm-up, mosaic) in local variables and can only begin at an
epoch with all of them reset. Here they are attributes, so that they can be saved. Every hook, callback and argument
of Ultralytics keeps its place and order; weights are the same bit for bit.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import distributed
from ultralytics.utils import LOGGER, RANK, TQDM
from ultralytics.utils.torch_utils import autocast, unwrap_model

MEMORY_ERRORS = (
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR",
    "unable to find an engine",
)
MEMORY_RETRIES = 3
MAX_NORM = 10.0
"""Gradients are clipped to this L2 norm, as `BaseTrainer.optimizer_step` does."""

if TYPE_CHECKING:
    from ultralytics.engine.trainer import BaseTrainer
else:
    BaseTrainer = object  # a mixin at run time, so that it comes before the trainer of each task


class Engine(BaseTrainer):
    """Mixin over a `BaseTrainer` that replaces its `_do_train`.

    Attributes:
        last_opt_step: number of the batch after which the optimizer last stepped; -1 before the first.
        full_accumulate: batches per optimizer step after warm-up.
        warmup_batches: how many batches the warm-up takes.
        mosaic_closed: whether mosaic is off by now (or was never to be closed).
        parameters: of the model.
        over: whether the last epoch was finished before this process began; then only the last evaluation is left.
    """

    model: Any
    accumulate: int
    batch_size: int
    epochs: int
    stop: bool
    tloss: dict[str, torch.Tensor] | None
    epoch_time: float | None
    over = False
    _in_training_mode = False

    def _do_train(self) -> None:
        if self.world_size > 1:
            self._setup_ddp()
        self._setup_train()
        self._start_clock()
        self.begin()
        if self.over:
            self.epoch -= 1  # the last one is finished
        while not self.over:
            self.run_callbacks("on_train_epoch_start")
            if not self._train_epoch():
                continue  # out of memory or NaN: once more
            self._finish_epoch()
            if self.stop:
                break
            self.after_epoch()
            self.epoch += 1
        self._end()

    # Before and after ---------------------------------------------------------------------------------------------

    def _start_clock(self) -> None:
        self._count_batches()
        self.parameters = list(self.model.parameters())
        self.mosaic_closed = not self.args.close_mosaic
        self.epoch_time = None
        self.epoch = self.start_epoch
        self._oom_retries = 0
        if self.args.close_mosaic:
            first = (self.epochs - self.args.close_mosaic) * len(self.train_loader)
            self.plot_idx.extend([first, first + 1, first + 2])
        self.optimizer.zero_grad()
        self.epoch_time_start = self.train_time_start = time.time()

    def _count_batches(self) -> None:
        self.warmup_batches = self._get_warmup_iterations(len(self.train_loader))
        self.full_accumulate = self.accumulate
        self.last_opt_step = -1

    def begin(self) -> None:
        """Announce the training; subclasses restore a saved state here."""
        self.run_callbacks("on_train_start")
        LOGGER.info(
            f"Using {len(self.train_loader.dataset)} train, {len(self.test_loader.dataset)} val images at "
            f"imgsz={self.args.imgsz}\nLogging results to {self.save_dir}\n"
            f"Starting training for " + (f"{self.args.time} hours" if self.args.time else f"{self.epochs} epochs")
        )

    def _end(self) -> None:
        seconds = time.time() - self.train_time_start
        LOGGER.info(f"\n{self.epoch + 1} epochs completed in {seconds / 3600:.3f} hours.")
        self.final_eval()
        if RANK in {-1, 0}:
            if self.args.plots:
                self.plot_metrics()
            self.run_callbacks("on_train_end")
        self._clear_memory()
        for loader in (self.train_loader, self.test_loader):
            if hasattr(loader, "close"):
                loader.close()

    def before_batches(self) -> None:
        """Prepare the loader for `self.epoch`; subclasses may."""

    def after_batch(self) -> None:
        """Say whether to go on; subclasses raise to stop in the middle of an epoch."""

    def after_epoch(self) -> None:
        """Say whether to go on; subclasses raise to stop between two epochs."""

    def is_decided(self) -> bool:
        """Tell whether this epoch shall be the last for a reason that subclasses know."""
        return False

    # One epoch ----------------------------------------------------------------------------------------------------

    def _train_epoch(self) -> bool:
        """Train and validate `self.epoch`; False when it has to be done once more."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the scheduler steps before the optimizer, as Ultralytics has it
            self.scheduler.step()
        self._model_train()
        if not self.mosaic_closed and self.epoch >= self.epochs - self.args.close_mosaic:
            self.mosaic_closed = True
            self._close_dataloader_mosaic()
            self.train_loader.reset()
        self.before_batches()
        if not self._train_batches():
            return False
        self._oom_retries = 0
        criterion = unwrap_model(self.model).criterion
        if hasattr(criterion, "update"):
            criterion.update()
        self.lr = {f"lr/pg{i}": group["lr"] for i, group in enumerate(self.optimizer.param_groups)}
        self.run_callbacks("on_train_epoch_end")
        if RANK in {-1, 0}:
            self.ema.update_attr(self.model, include=["yaml", "nc", "args", "names", "stride", "class_weights"])
        final_epoch = self.epoch + 1 >= self.epochs
        if self.args.val or final_epoch or self.stopper.possible_stop or self.stop:
            self._clear_memory(None if self.device.type == "mps" else 0.5)
            self.metrics, self.fitness = self.validate()
        if self._handle_nan_recovery(self.epoch):
            self.last_opt_step = -1
            self.optimizer.zero_grad()
            return False
        self.nan_recovery_attempts = 0
        return True

    def _finish_epoch(self) -> None:
        """Log, save, and decide whether this was the last epoch."""
        final_epoch = self.epoch + 1 >= self.epochs
        if RANK in {-1, 0}:
            # first, so that the log says it
            self.stop |= self.stopper(self.epoch + 1, self.fitness) or final_epoch or self.is_decided()
            self.save_metrics(metrics={**self.label_loss_items(self.tloss), **self.metrics, **self.lr})
            if self.args.time:
                self.stop |= (time.time() - self.train_time_start) > (self.args.time * 3600)
            if (self.args.save or final_epoch) and self.save_model():
                self.run_callbacks("on_model_save")
        now = time.time()
        self.epoch_time, self.epoch_time_start = now - self.epoch_time_start, now
        if self.args.time:
            self._fit_epochs_to_time(now)
        self.run_callbacks("on_fit_epoch_end")
        self._clear_memory(None if self.device.type == "mps" else 0.5)
        self.stop = self.shared(self.stop)

    def _fit_epochs_to_time(self, now: float) -> None:
        mean = (now - self.train_time_start) / (self.epoch - self.start_epoch + 1)
        self.epochs = self.args.epochs = math.ceil(self.args.time * 3600 / mean)
        self.warmup_batches = self._get_warmup_iterations(len(self.train_loader))
        self._setup_scheduler()
        self.scheduler.last_epoch = self.epoch
        self.stop |= self.epoch >= self.epochs

    def shared(self, value: Any) -> Any:
        """Return rank 0's value, so that all processes go the same way."""
        if RANK == -1:
            return value
        word = [value if RANK == 0 else None]
        distributed.broadcast_object_list(word, 0)
        return word[0]

    def anywhere(self, flag: bool) -> bool:
        """Tell whether `flag` is set in any of the processes."""
        if RANK == -1:
            return flag
        word = torch.tensor(float(flag), device=self.device)
        distributed.all_reduce(word, op=distributed.ReduceOp.MAX)
        return bool(word)

    def _model_train(self) -> None:
        """Set the model to training mode, frozen normalisation layers excepted, where it is not in it already."""
        if not self._in_training_mode or not self.model.training:
            super()._model_train()
            self._in_training_mode = True

    # One batch ----------------------------------------------------------------------------------------------------

    def _train_batches(self) -> bool:
        """Run all batches of the epoch; False when memory ran out and the batch was halved."""
        self.tloss = None
        for i, batch in self._batches():
            self.run_callbacks("on_train_batch_start")
            number = i + len(self.train_loader) * self.epoch
            if self.warmup_batches and number <= self.warmup_batches:
                self._warm_up(number)
            try:
                batch = self._forward_backward(i, batch)  # noqa: PLW2901
            except RuntimeError as error:
                if not self._can_retry(error):
                    raise
                self._halve_batch(error)
                return False
            if number - self.last_opt_step >= self.accumulate:
                self.optimizer_step()
                self.last_opt_step = number
                if self.args.time:
                    over = (time.time() - self.train_time_start) > (self.args.time * 3600)
                    self.stop = self.shared(over)
                    if self.stop:
                        break
            if RANK in {-1, 0} and self.args.plots and number in self.plot_idx:
                self.plot_training_samples(batch, number)
            self.run_callbacks("on_train_batch_end")
            if self.stop:
                break
            self.after_batch()
        return True

    def _batches(self) -> Iterator[tuple[int, Any]]:
        """Yield (index, batch); with Ultralytics' progress bar where its output is wanted."""
        if RANK not in {-1, 0} or not LOGGER.isEnabledFor(20):
            yield from enumerate(self.train_loader)
            return
        if self.loss_names:
            LOGGER.info(self.progress_string())
        bar = TQDM(enumerate(self.train_loader), total=len(self.train_loader))
        for i, batch in bar:
            yield i, batch
            losses: list[float] = [float(item) for item in self.tloss.values()] if self.tloss else []
            text = ("%11s" * 2) % (f"{self.epoch + 1}/{self.epochs}", f"{self._get_memory():.3g}G")
            bar.set_description(text + ("%11.4g" * len(losses)) % tuple(losses))

    def _warm_up(self, number: int) -> None:
        """Set accumulation, learning rates and momentum for batch `number` of the warm-up."""
        span = [0, self.warmup_batches]
        self.accumulate = max(1, int(np.interp(number, span, [1, self.full_accumulate]).round()))
        for group in self.optimizer.param_groups:
            start = self.args.warmup_bias_lr if group.get("param_group") == "bias" else 0.0
            group["lr"] = float(np.interp(number, span, [start, group["initial_lr"] * self.lf(self.epoch)]))
            if "momentum" in group:
                group["momentum"] = float(np.interp(number, span, [self.args.warmup_momentum, self.args.momentum]))

    def _forward_backward(self, i: int, batch: Any) -> Any:
        """Compute loss and gradients of one batch; returns the batch on the device."""
        with autocast(torch.bfloat16 if self.args.amp == "bf16" else self.amp, device=self.device.type):
            batch = self.preprocess_batch(batch)
            if self.args.compile:
                loss, self.loss_items = unwrap_model(self.model).loss(batch, self.model(batch["img"]))
            else:
                loss, self.loss_items = self.model(batch)
            self.loss = loss.sum()
            if RANK != -1:
                self.loss *= self.world_size
            if not self.loss_names:
                self._name_losses()
            if self.tloss is None:
                self.tloss = self.loss_items
            else:
                self.tloss = {k: (self.tloss[k] * i + v) / (i + 1) for k, v in self.loss_items.items()}
        self.scaler.scale(self.loss).backward()
        return batch

    def optimizer_step(self) -> None:
        """Clip gradients, step, and average the weights, without walking through all modules for their parameters."""
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.parameters, max_norm=MAX_NORM)
        self.take_step()
        self.scaler.update()
        for parameter in self.parameters:
            parameter.grad = None
        self.ema.update(self.model)

    def take_step(self) -> None:
        """Let the optimizer step; subclasses may do so for it."""
        self.scaler.step(self.optimizer)

    def _name_losses(self) -> None:
        self.loss_names = tuple(self.loss_items)
        if RANK in {-1, 0}:
            LOGGER.info(self.progress_string())
            self.metrics.update(dict.fromkeys(self.label_loss_items(prefix="val"), 0.0))

    # Out of memory ------------------------------------------------------------------------------------------------

    def _can_retry(self, error: RuntimeError) -> bool:
        """Tell whether Ultralytics' remedy applies: half the batch, in the first epoch of a single process."""
        known = any(text in str(error) or text in str(error).lower() for text in MEMORY_ERRORS)
        return known and self.epoch == self.start_epoch and self._oom_retries < MEMORY_RETRIES and RANK == -1

    def _halve_batch(self, error: RuntimeError) -> None:
        self._oom_retries += 1
        before = self.batch_size
        self.args.batch = self.batch_size = max(before // 2, 1)
        LOGGER.warning(
            f"memory ran out with batch={before}: trying batch={self.batch_size} ({self._oom_retries}/{MEMORY_RETRIES})"
        )
        self.loss = self.loss_items = self.tloss = None
        if hasattr(self.train_loader, "close"):
            self.train_loader.close()
        self._clear_memory()
        self._build_train_pipeline()
        self.mosaic_closed = not self.args.close_mosaic
        self.validator.dataloader = self.test_loader
        self.scheduler.last_epoch = self.start_epoch - 1
        self._count_batches()
        self.optimizer.zero_grad()
