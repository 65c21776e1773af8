"""Small logs of every generation, made up here: the headers are those that the trainers write."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

BOXES = "metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B)"
MASKS = BOXES.replace("(B)", "(M)")
POINTS = BOXES.replace("(B)", "(P)")
GROUPS = "lr/pg0,lr/pg1,lr/pg2"
V5_BOXES = "metrics/precision,metrics/recall,metrics/mAP_0.5,metrics/mAP_0.5:0.95"


def _items(names: str, prefix: str) -> str:
    return ",".join(f"{prefix}/{name}" for name in names.split())


def _header(items: str, metrics: str, groups: str = GROUPS, time: bool = True) -> str:
    start = "epoch,time" if time else "epoch"
    return ",".join([start, _items(items, "train"), metrics, _items(items, "val"), groups])


DETECT = _header("box_loss cls_loss dfl_loss", BOXES)
DETECT_V8 = _header("box_loss cls_loss dfl_loss", BOXES, time=False)
SEGMENT = _header("box_loss seg_loss cls_loss dfl_loss", f"{BOXES},{MASKS}")
SEGMENT_26 = _header("box_loss seg_loss cls_loss dfl_loss sem_loss", f"{BOXES},{MASKS}")
POSE = _header("box_loss pose_loss kobj_loss cls_loss dfl_loss", f"{BOXES},{POINTS}")
POSE_26 = _header("box_loss pose_loss kobj_loss cls_loss dfl_loss rle_loss", f"{BOXES},{POINTS}")
OBB = _header("box_loss cls_loss dfl_loss angle_loss", BOXES)
RTDETR = _header("giou_loss cls_loss l1_loss", BOXES)
YOLOV10 = _header("box_om cls_om dfl_om box_oo cls_oo dfl_oo", BOXES, time=False)
CLASSIFY = f"epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,{GROUPS}"
V5 = _header("box_loss obj_loss cls_loss", V5_BOXES, "x/lr0,x/lr1,x/lr2", time=False)
V5_SEGMENT = _header(
    "box_loss seg_loss obj_loss cls_loss",
    f"{V5_BOXES}(B)".replace(",", "(B),") + "," + f"{V5_BOXES}(M)".replace(",", "(M),"),
    "x/lr0,x/lr1,x/lr2",
    time=False,
)
V5_CLASSIFY = "epoch,train/loss,test/loss,metrics/accuracy_top1,metrics/accuracy_top5,lr/0"
V9 = _header("box_loss cls_loss dfl_loss", V5_BOXES, "x/lr0,x/lr1,x/lr2", time=False)

GENERATIONS = {
    "detect": (DETECT, "mAP50-95"),
    "detect without time": (DETECT_V8, "mAP50-95"),
    "segment": (SEGMENT, "mAP50-95(M)"),
    "segment, YOLO26": (SEGMENT_26, "mAP50-95(M)"),
    "pose": (POSE, "mAP50-95(P)"),
    "pose, YOLO26": (POSE_26, "mAP50-95(P)"),
    "obb": (OBB, "mAP50-95"),
    "RT-DETR": (RTDETR, "mAP50-95"),
    "YOLOv10": (YOLOV10, "mAP50-95"),
    "classify": (CLASSIFY, "top1"),
    "YOLOv5": (V5, "mAP50-95"),
    "YOLOv5 segment": (V5_SEGMENT, "mAP50-95(M)"),
    "YOLOv5 classify": (V5_CLASSIFY, "top1"),
    "YOLOv9": (V9, "mAP50-95"),
}

Cell = object | Callable[[int], object]


def value(name: str, epoch: int) -> float:
    """What a plausible training would have written: losses fall, scores rise, validation stays behind."""
    progress = epoch / (epoch + 20)
    if name == "time":
        return 2.5 * epoch
    if name.startswith("train/"):
        return 3.0 * (1 - progress) + 0.01 * (len(name) % 5)
    if name.startswith(("val/", "test/")):
        return 3.5 * (1 - 0.8 * progress) + 0.01 * (len(name) % 5)
    if name.startswith("metrics/"):
        return 0.8 * progress + 0.01 * (len(name) % 5)
    return 0.01 * (1 - 0.001 * epoch)


def log(header: str, epochs: Iterable[object], cells: Mapping[str, Cell] | None = None) -> str:
    """Return a log with a row for each epoch.

    Args:
        header: the columns.
        epochs: the epoch column, as it is to be written.
        cells: columns written otherwise: a value for every row, or a function of the epoch.
    """
    rows = [header]
    for epoch in epochs:
        row = [str(epoch)]
        for name in header.split(",")[1:]:
            cell = (cells or {}).get(name, lambda at, name=name: f"{value(name, at):.6g}")
            row.append(str(cell(epoch) if callable(cell) else cell))
        rows.append(",".join(row))
    return "\n".join(rows) + "\n"


def rows(header: str, epochs: Iterable[object], cells: Mapping[str, Cell] | None = None) -> str:
    """Return the rows of such a log without its header, to be appended to another."""
    return log(header, epochs, cells).split("\n", 1)[1]


def padded(text: str) -> str:
    """Return the log as YOLOv5 and the first releases of v8 wrote it: cells right-aligned."""
    lines = [line.split(",") for line in text.splitlines()]
    return "".join(",".join(f"{cell:>23}" for cell in line) + "\n" for line in lines)


def run(folder: Path, text: str | bytes, name: str = "results.csv", **files: str) -> Path:
    """Make a run folder that holds a log and other files (`args` stands for args.yaml)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    for stem, content in files.items():
        (folder / f"{stem}.yaml").write_text(content)
    return folder


def loss(header: str, epoch: int, prefix: str = "val/") -> float:
    """Return the sum over the loss items that `log` writes for an epoch."""
    names = [name for name in header.split(",") if name.startswith(prefix)]
    return sum(float(f"{value(name, epoch):.6g}") for name in names)
