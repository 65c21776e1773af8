"""Going on with a run from a stranger runs none of its code and writes into no other place."""

import os
import shutil
import signal

import pytest
import yaml

from grokyolo.cli import main
from grokyolo.errors import Stopped
from tests.real.training import gone_on, stop_after, trained


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, small):
    """A run that stopped after its second epoch."""
    place = tmp_path_factory.mktemp("stranger")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        with pytest.raises(Stopped):
            trained(small("classify", "stranger"), "run", epoch=stop_after(2, signal.SIGTERM))
    return place / "runs" / "run"


@pytest.fixture
def run(stopped, workplace):
    """A copy of it."""
    shutil.copytree(stopped, workplace / "runs" / "run")
    return workplace / "runs" / "run"


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def refused(run, capsys, *arguments):
    """Resume, and return what it said; nothing in the folder changes."""
    before = contents(run)
    assert main(["resume", str(run), *arguments]) == 2
    assert contents(run) == before
    return capsys.readouterr().err


def set_recipe(run, **values):
    file = run / "grokyolo.yaml"
    content = yaml.safe_load(file.read_text())
    content["recipe"] |= values
    file.write_text(yaml.safe_dump(content))


def test_weights_that_run_code_are_not_unpickled(run, capsys):
    import torch

    marker = run.parent / "pwned"
    torch.save({"model": Evil(marker)}, run / "weights" / "best.pt")
    said = refused(run, capsys)
    assert "weights/best.pt is damaged, or holds more than weights" in said
    assert not marker.exists()
    hint = said[said.index("try:") :].removeprefix("try:").strip()
    assert os.system(hint) == 0
    assert main(["resume", str(run)]) == 0
    assert not marker.exists()


@pytest.mark.parametrize("place", ["activation", "layer", "weights"])
def test_an_architecture_that_carries_code_is_refused(run, capsys, place):
    import torch
    from ultralytics.nn.modules import Conv

    marker = run.parent / "pwned"
    evil = run.parent / "evil.pt"
    torch.save({"model": Evil(marker)}, evil)
    layers = {"layer": [[-1, 1, "load_checkpoint", [str(evil)]]]}.get(place, [])
    activation = f"__import__('os').system('touch {marker}') or torch.nn.ReLU()"
    architecture = {
        "nc": 31,
        "activation": activation if place == "activation" else "torch.nn.ReLU()",
        "backbone": layers,
        "head": [[-1, 1, "Classify", ["nc", [2, 32], 32, 0]]],
    }
    file = run.parent / "model.yaml"
    file.write_text(yaml.safe_dump(architecture))
    set_recipe(run, model=str(evil if place == "weights" else file))
    said = refused(run, capsys)
    assert "error: cannot find, read or download the model" in said
    assert not marker.exists()
    assert isinstance(Conv.default_act, torch.nn.SiLU), "later models of this process are as they were"


def test_a_data_set_file_that_brings_code_is_refused(workplace):
    from grokyolo.errors import DataError
    from grokyolo.recipe import load
    from grokyolo.training.session import _find_data

    (workplace / "data.yaml").write_text(
        "path: nowhere\ntrain: images\nval: images\nnames: [a]\ndownload: |\n  open('pwned', 'w').close()\n"
    )
    recipe = load("long", ["model=yolo26n.yaml", "data=data.yaml"])
    with pytest.raises(DataError):
        _find_data(recipe, "detect", moved=True)
    assert not (workplace / "pwned").exists()


@pytest.mark.parametrize(
    "name",
    ["args.yaml", "results.csv", "grokyolo.yaml.tmp", "weights/last.pt.tmp", "warnings.csv", "state/lock", "error.txt"],
)
def test_nothing_is_written_through_a_link(run, capsys, name):
    victim = run.parent / "victim"
    victim.write_text("mine")
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(victim)
    assert f"error: {name} is a link, and a training would write through it; nothing was changed" in refused(
        run, capsys
    )
    assert victim.read_text() == "mine"


def test_a_folder_that_leads_out_is_not_written_into(run, capsys):
    (run.parent / "elsewhere").mkdir()
    shutil.rmtree(run / "weights")
    (run / "weights").symlink_to(run.parent / "elsewhere")
    assert "weights is a link" in refused(run, capsys)
    assert not any((run.parent / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["args.yaml", "warnings.csv", "weights/best.pt"])
def test_a_pipe_hangs_nothing(run, capsys, name):
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    assert f"error: {name} is neither a file nor a folder" in refused(run, capsys)


def test_a_copy_by_hard_links_leaves_the_first_run_alone(run):
    copy = run.with_name("copy")
    shutil.copytree(run, copy, copy_function=os.link)
    before = contents(run)
    gone_on(copy)
    assert contents(run) == before
