"""Everything that decides how training goes on, taken at the end of an epoch and put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from ultralytics.utils.torch_utils import unwrap_model

from grokyolo.training import determinism, inputs

FORMAT = 2
"""1: without data, recipe and ending; these states still load."""
STOPPER = ("best_fitness", "best_epoch", "possible_stop")
"""What Ultralytics' `EarlyStopping` remembers; its patience comes from the recipe, which an extension may change."""


@dataclass(frozen=True)
class Place:
    """Where a restored training stands.

    Attributes:
        epoch: how many epochs are finished.
        differences: what has changed since.
    """

    epoch: int
    differences: inputs.Differences


def take(trainer: Any) -> dict[str, Any]:
    """Return the state of a trainer that has just finished an epoch.

    The tensors are the trainer's own: write or copy them before training goes on. Plain values and tensors only, so
    that `torch.load(weights_only=True)` takes them.
    """
    model = unwrap_model(trainer.model)
    return {
        "format": FORMAT,
        "epoch": trainer.epoch + 1,
        **weights(trainer),
        "gradients": {name: p.grad for name, p in model.named_parameters() if p.grad is not None},
        "criterion": _criterion(model),
        "best": _plain(trainer.best_fitness),
        "stopper": {name: _plain(getattr(trainer.stopper, name)) for name in STOPPER},
        **position(trainer),
    }


def position(trainer: Any) -> dict[str, Any]:
    """Return the part of the state that the first image of the next epoch changes already."""
    return {
        "loop": {
            "accumulate": int(trainer.accumulate),
            "full_accumulate": int(trainer.full_accumulate),
            "last_opt_step": int(trainer.last_opt_step),
            "mosaic_closed": bool(trainer.mosaic_closed),
            "loss_names": list(trainer.loss_names),
        },
        "random": determinism.random_states(),
        "order": determinism.order_of(trainer.train_loader),
        "mosaic": [int(i) for i in getattr(trainer.train_loader.dataset, "buffer", ())],
    }


def weights(trainer: Any) -> dict[str, Any]:
    """Return the part of the state that a recovery from NaN puts back: weights and optimizer."""
    return {
        "model": unwrap_model(trainer.model).state_dict(),
        "ema": trainer.ema.ema.state_dict(),
        "ema_updates": int(trainer.ema.updates),
        "optimizer": trainer.optimizer.state_dict(),
        "scaler": trainer.scaler.state_dict(),
    }


def beginning() -> dict[str, Any]:
    """Return the state before the first epoch: a new training begins the same way each time."""
    return {"format": FORMAT, "epoch": 0}


def put(trainer: Any, state: dict[str, Any]) -> None:
    """Put a state into a trainer that is set up and has not trained yet.

    Raises:
        RuntimeError: the state belongs to another model.
    """
    epoch = int(state["epoch"])
    put_weights(trainer, state)
    model = unwrap_model(trainer.model)
    for name, parameter in model.named_parameters():
        if name in state["gradients"]:
            parameter.grad = state["gradients"][name].to(parameter.device)
    loop = state["loop"]
    trainer.accumulate = loop["accumulate"]
    trainer.full_accumulate = loop["full_accumulate"]
    trainer.last_opt_step = loop["last_opt_step"]
    trainer.loss_names = tuple(loop["loss_names"])
    if trainer.metrics is not None:  # only the first of several processes has any
        trainer.metrics.update(dict.fromkeys(trainer.label_loss_items(prefix="val"), 0.0))
    if loop["mosaic_closed"] and not trainer.mosaic_closed:
        trainer.mosaic_closed = True
        trainer._close_dataloader_mosaic()
    trainer.epoch = trainer.start_epoch = epoch
    trainer.scheduler.last_epoch = epoch - 1
    trainer.best_fitness = state["best"]
    vars(trainer.stopper).update(state["stopper"])
    _put_criterion(model, state["criterion"])
    if state["order"] is not None and trainer.train_loader.num_workers == 0:
        determinism.set_order(trainer.train_loader, state["order"])
    _fill_mosaic(trainer.train_loader.dataset, state["mosaic"])
    determinism.set_random_states(state["random"])


def put_weights(trainer: Any, state: dict[str, Any]) -> None:
    """Put weights, moving averages, optimizer and scaler back.

    The optimizer's learning rate and weight decay stay those of the recipe, which an extension may have changed.
    """
    recipe = [
        {name: group[name] for name in ("initial_lr", "weight_decay")} for group in trainer.optimizer.param_groups
    ]
    unwrap_model(trainer.model).load_state_dict(state["model"])
    trainer.ema.ema.load_state_dict(state["ema"])
    trainer.ema.updates = state["ema_updates"]
    trainer.optimizer.load_state_dict(state["optimizer"])
    for group, values in zip(trainer.optimizer.param_groups, recipe, strict=True):
        group.update(values)
    if state["scaler"]:
        trainer.scaler.load_state_dict(state["scaler"])


def _criterion(model: torch.nn.Module) -> dict[str, Any]:
    """Return the schedule of YOLO26's end-to-end loss (`E2ELoss.update`), empty for other losses."""
    criterion = getattr(model, "criterion", None)
    return {name: getattr(criterion, name) for name in ("updates", "o2m", "o2o") if hasattr(criterion, name)}


def _put_criterion(model: Any, values: dict[str, Any]) -> None:
    if values:
        model.criterion = model.init_criterion()
        for name, value in values.items():
            setattr(model.criterion, name, value)


def _fill_mosaic(dataset: Any, indices: list[int]) -> None:
    """Load the images that mosaics are drawn from, in the order in which they came in."""
    for i in indices:
        dataset.load_image(i)


def _plain(value: Any) -> Any:
    """Return numpy's numbers as Python's."""
    return value.item() if hasattr(value, "item") else value
