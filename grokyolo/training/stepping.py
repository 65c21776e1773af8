"""What happens around an optimizer step: lists instead of single tensors on a CPU, and the recipe's accelerators."""

from __future__ import annotations

from typing import Any

from ultralytics.utils.torch_utils import unwrap_model

from grokyolo.training.accelerators import Accelerators
from grokyolo.training.fused_adamw import FusedAdamW, step_all_at_once
from grokyolo.training.recording import Recording


class Stepping(Recording):
    """Mixin over a `BaseTrainer`: its optimizer steps.

    Attributes:
        accelerators: those that the recipe names.
    """

    accelerators: Accelerators

    def _setup_train(self) -> None:
        super()._setup_train()
        self.accelerators.ready(unwrap_model(self.model))

    def _build_train_pipeline(self) -> None:
        new = self.optimizer is None
        if new:
            self.accelerators = Accelerators(self.settings.get("accelerate"), self.args.task)
        super()._build_train_pipeline()
        if self.device.type == "cpu":
            step_all_at_once(self.optimizer)
        self.one_piece = FusedAdamW(self.optimizer)
        self.accelerators.built(self.optimizer, new=new)

    def before_batches(self) -> None:
        """Let accelerators prepare the epoch."""
        super().before_batches()
        self._pending += self.accelerators.begin_epoch(self.epoch + 1, self.optimizer)

    def optimizer_step(self) -> None:
        """Step as Ultralytics does, with gradients that accelerators may have changed."""
        if self.accelerators.named:  # reading the scale makes a GPU wait
            self.accelerators.before_step(unwrap_model(self.model), self.scaler.get_scale())
        super().optimizer_step()

    def take_step(self) -> None:
        """Step as the optimizer does, by fewer calls where that is possible."""
        if self.scaler.is_enabled() or not self.one_piece.step():
            super().take_step()

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state with that of the accelerators."""
        return {**super().state_to_save(), "accelerate": self.accelerators.state_dict()}

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Go on with what the accelerators had gathered."""
        super().placed(saved)
        if saved is not None:
            self.accelerators.load_state_dict(saved["accelerate"], self.device)

    def put_back(self, saved: dict[str, Any]) -> None:
        """Put weights back with what the accelerators had gathered along with them."""
        super().put_back(saved)
        self.accelerators.load_state_dict(saved["accelerate"], self.device)
