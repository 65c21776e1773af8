"""The memory layout of a model's weights and images."""

from __future__ import annotations

import torch

from grokyolo.training.durable import Durable


class Layout(Durable):
    """Mixin over a `BaseTrainer`: `channels_last: true` holds on a CPU too.

    Ultralytics keeps that to GPUs. On x86 oneDNN trains small convolutions a tenth to a fifth faster so; the weights
    then differ from those of the usual layout as rounding differs.
    """

    _channels_last = False

    def _setup_train(self) -> None:
        wanted = self.args.channels_last
        self._channels_last = bool(wanted) and self.device.type == "cpu"
        if self._channels_last:
            self.args.channels_last = None  # else Ultralytics says that it ignores it
        super()._setup_train()
        self.args.channels_last = wanted

    def set_model_attributes(self) -> None:
        """Attach what the data set says to the model, which is when it has been moved and has no optimizer yet."""
        if self._channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        super().set_model_attributes()
