"""What grokyolo leans on in Ultralytics and torch beyond their documented surface, checked before a training.

The trainer replaces `BaseTrainer._do_train` and overrides a dozen of its methods, so a release of Ultralytics that
renames or changes one of them must end in a readable error, not in another training. A loop that changed without a
change of names is told by its fingerprint.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from grokyolo.errors import GrokyoloError

TESTED = "8.4.190"
"""The release of Ultralytics whose loop `grokyolo.training.engine` follows."""
LOOP_FINGERPRINTS = frozenset({"268a0fe2cfb0f681"})
"""Of `BaseTrainer._do_train` in the releases whose loop is the one that `engine` follows."""
TRAINER = "ultralytics.engine.trainer:BaseTrainer"


@dataclass(frozen=True)
class Need:
    """Something that must be there.

    Attributes:
        where: MODULE:NAME or MODULE:CLASS.NAME.
        parameters: names that a call must take, in order, `self` left out; None where it is no function of ours to
            call or override.
    """

    where: str
    parameters: tuple[str, ...] | None = None


def _methods(owner: str, **parameters: tuple[str, ...]) -> tuple[Need, ...]:
    return tuple(Need(f"{owner}.{name}", names) for name, names in parameters.items())


NEEDS: tuple[Need, ...] = (
    *_methods(
        TRAINER,
        __init__=("cfg", "overrides", "_callbacks"),
        _build_train_pipeline=(),
        _clear_memory=("threshold",),
        _close_dataloader_mosaic=(),
        _do_train=(),
        _get_memory=("fraction",),
        _get_warmup_iterations=("num_batches",),
        _handle_nan_recovery=("epoch",),
        _model_train=(),
        _setup_ddp=(),
        _setup_scheduler=(),
        _setup_train=(),
        build_dataset=("img_path", "mode", "batch"),
        check_resume=("overrides",),
        final_eval=(),
        get_dataloader=("dataset_path", "batch_size", "rank", "mode"),
        get_validator=(),
        label_loss_items=("loss_items", "prefix"),
        optimizer_step=(),
        plot_metrics=(),
        plot_training_samples=("batch", "ni"),
        preprocess_batch=("batch",),
        progress_string=(),
        run_callbacks=("event",),
        save_metrics=("metrics",),
        save_model=(),
        set_model_attributes=(),
        train=(),
        validate=(),
    ),
    Need("ultralytics.engine.validator:BaseValidator.__call__", ("trainer", "model")),
    Need("ultralytics.data.build:build_yolo_dataset", ("cfg", "img_path", "batch", "data", "mode", "rect", "stride")),
    Need("ultralytics.data.build:InfiniteDataLoader.reset", ()),
    Need("ultralytics.data.dataset:YOLODataset.cache_images", ()),
    Need("ultralytics.data.dataset:YOLODataset.check_cache_ram"),
    Need("ultralytics.data.dataset:YOLODataset.set_rectangle", ()),
    Need("ultralytics.data.utils:check_cls_dataset", ("dataset", "split")),
    Need("ultralytics.data.utils:check_det_dataset", ("dataset", "autodownload")),
    Need("ultralytics.nn.modules:Conv.default_act"),
    Need("ultralytics.nn.tasks:SAFE_LOAD"),
    Need("ultralytics.nn.tasks:_SafeLoad.SUPPORTED"),
    Need("ultralytics.nn.tasks:torch_safe_load", ("weight", "safe_only")),
    Need("ultralytics.utils.dist:ddp_cleanup", ("trainer", "file")),
    Need("ultralytics.utils.dist:generate_ddp_command", ("trainer",)),
    Need("ultralytics.utils.patches:override_configs", ("args", "overrides")),
    Need("ultralytics.utils.torch_utils:EarlyStopping.__call__", ("epoch", "fitness")),
    Need("ultralytics.utils.torch_utils:ModelEMA.update", ("model",)),
    Need("ultralytics.utils.torch_utils:ModelEMA.update_attr"),
    Need("ultralytics.utils.torch_utils:NUM_THREADS"),
    Need("ultralytics.utils.torch_utils:autocast", ("enabled", "device")),
    Need("ultralytics.utils.torch_utils:unwrap_model", ("m",)),
    Need("torch:_foreach_norm"),
    Need("torch:_foreach_addcdiv_"),
    Need("torch:_foreach_addcmul_"),
    Need("torch:_foreach_copy_"),
    Need("torch.utils.data:DataLoader._get_iterator", ()),
    Need("torch.utils.data.dataloader:_BaseDataLoaderIter._next_index", ()),
)
TRAINER_ATTRIBUTES = (
    *("accumulate", "amp", "args", "batch_size", "best", "best_fitness", "csv", "data", "ddp", "device", "ema"),
    *("epoch", "epoch_time", "epoch_time_start", "epochs", "fitness", "last", "lf", "loss", "loss_items", "loss_names"),
    *("lr", "metrics", "model", "nan_recovery_attempts", "optimizer", "plot_idx", "resume", "save_dir", "scaler"),
    *("scheduler", "start_epoch", "stop", "stopper", "test_loader", "tloss", "train_loader", "train_time_start"),
    *("validator", "world_size"),
)
"""What instances of `BaseTrainer` hold, as its own methods set it."""


def check(warn: Callable[[str], None]) -> None:
    """Make sure that the installed Ultralytics and torch are those that the trainer was written for.

    Args:
        warn: told where the replaced loop is another one than was tested, though all its parts are there.

    Raises:
        GrokyoloError: something that the trainer needs is missing, or is called in another way.
    """
    missing = _missing()
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise GrokyoloError(
            f"{missing[0]}{more}, which the trainer needs",
            where=f"ultralytics {_version('ultralytics')}, torch {_version('torch')}; tested: ultralytics {TESTED}",
            hint=f"pip install ultralytics=={TESTED}",
        )
    if loop_fingerprint() not in LOOP_FINGERPRINTS:
        warn(
            f"ultralytics {_version('ultralytics')} has another training loop than {TESTED}, which grokyolo follows: "
            f"the training may differ from that of `yolo train`; tested is ultralytics=={TESTED}"
        )


@cache
def _missing() -> tuple[str, ...]:
    return (*filter(None, map(problem, NEEDS)), *_missing_attributes())


def problem(need: Need) -> str:
    """Return what is wrong with something needed, empty when nothing is."""
    module, _, path = need.where.partition(":")
    name = f"{module}.{path}"
    found: Any
    try:
        found = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return f"{name} is missing"
    if need.parameters is None:
        return ""
    try:
        takes = tuple(inspect.signature(found).parameters)
    except (TypeError, ValueError):
        return f"{name} is no function any more"
    takes = takes[1:] if takes[:1] == ("self",) else takes
    if takes[: len(need.parameters)] == need.parameters:
        return ""
    return f"{name} takes ({', '.join(takes)}) instead of ({', '.join(need.parameters)})"


def _missing_attributes() -> Iterator[str]:
    module, _, name = TRAINER.partition(":")
    source = inspect.getsource(getattr(import_module(module), name))
    for attribute in TRAINER_ATTRIBUTES:
        if not re.search(rf"\bself\.{attribute}\b[^=\n(]*=", source):
            yield f"{module}.{name} sets no attribute {attribute}"


@cache
def loop_fingerprint() -> str:
    """Return the beginning of the SHA-256 of `BaseTrainer._do_train`, comments and blank lines left out."""
    module, _, name = TRAINER.partition(":")
    lines = inspect.getsource(getattr(import_module(module), name)._do_train).splitlines()
    code = (re.sub(r"\s+#.*$", "", line).rstrip() for line in lines)
    return hashlib.sha256("\n".join(filter(None, code)).encode()).hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
