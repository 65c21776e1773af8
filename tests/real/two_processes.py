"""A classifier in two processes on a CPU: everything about several GPUs but the GPUs.

What stands in for them: gloo instead of NCCL, `DistributedDataParallel` without device numbers, means that gloo has no
operation for. The rest is real: PyTorch's launcher, its processes, their signals and pipes.
"""

import os
from unittest import mock

import torch
from torch import distributed
from ultralytics.utils import LOCAL_RANK, RANK

from grokyolo.training.trainer import ClassifyTrainer

PROCESSES = 2


class WithoutNumbers(torch.nn.parallel.DistributedDataParallel):
    def __init__(self, model, device_ids, **options):
        super().__init__(model, **options)


def mean(tensor, dst, op, reduce=distributed.reduce):
    reduce(tensor.div_(PROCESSES), dst=dst)


class OnTwo(ClassifyTrainer):
    """Trains as with `device=0,1`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.world_size = PROCESSES
        self.ddp = LOCAL_RANK == -1

    def _setup_ddp(self):
        distributed.init_process_group("gloo", rank=RANK, world_size=PROCESSES)
        mock.patch.object(torch.nn.parallel, "DistributedDataParallel", WithoutNumbers).start()
        mock.patch.object(distributed, "reduce", mean).start()

    def after_batch(self):
        if os.environ.get("ACCIDENT_OF_RANK") == str(RANK):
            raise ZeroDivisionError("an accident")
        super().after_batch()

    def final_eval(self):
        """Look whether everything is saved; Ultralytics' own validation asks for a current GPU."""
        self.best = self.best.with_name("none.pt")
        super().final_eval()
