"""`grokyolo verify`: which files of a run are whole."""

import pytest

from tests.cli.conftest import problem
from tests.run.locks import locked


def findings(out: str) -> dict[str, tuple[str, str]]:
    """Return health and detail of each file."""
    found = {}
    for line in out.splitlines():
        health, file, detail = [*line.split(maxsplit=2), ""][:3]
        if health in {"sound", "damaged", "missing"}:
            found[file] = (health, detail)
    return found


def test_every_file_of_a_finished_run_is_sound(grokyolo, run):
    code, out, err = grokyolo("verify", str(run))
    assert (code, err) == (0, "")
    found = findings(out)
    states = [file for file in found if file.startswith("state/epoch-")]
    assert list(found)[:4] == ["grokyolo.yaml", "gap.csv", "weights/last.pt", "weights/best.pt"]
    assert {health for health, _ in found.values()} == {"sound"}
    assert found["gap.csv"] == ("sound", "3 epochs")
    assert found[states[0]] == ("sound", "after epoch 3")
    assert out.splitlines()[-1] == "usable: a resume would go on with epoch 4"


@pytest.mark.parametrize("file", ["weights/last.pt", "weights/best.pt"])
def test_damaged_weights(grokyolo, run, file):
    content = bytearray((run / file).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (run / file).write_bytes(content)
    code, out, _ = grokyolo("verify", str(run))
    assert code == 1
    assert [name for name, (health, _) in findings(out).items() if health == "damaged"] == [file]


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_weights_that_are_something_else(grokyolo, run, content):
    (run / "weights" / "last.pt").write_bytes(content)
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["weights/last.pt"][0]) == (1, "damaged")


def test_missing_weights_are_no_damage(grokyolo, run):
    (run / "weights" / "best.pt").unlink()
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["weights/best.pt"]) == (0, ("missing", "removed since"))


def test_a_damaged_state_falls_back_to_the_one_before(grokyolo, run):
    newest = sorted((run / "state").glob("epoch-*.pt"))[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    code, out, _ = grokyolo("verify", str(run))
    assert code == 1
    assert findings(out)[f"state/{newest.name}"] == ("damaged", "its checksum does not match")
    assert out.splitlines()[-1] == "usable: a resume would go on with epoch 2"


def test_no_sound_state(grokyolo, run):
    for state in (run / "state").glob("epoch-*.pt"):
        state.unlink()
    code, out, _ = grokyolo("verify", str(run))
    assert code == 0
    assert out.splitlines()[-1] == "no sound state that the log supports: the run cannot go on"


@pytest.mark.parametrize("content", ["", "recipe: [", "[]", "format: 1\n", "\x00"])
def test_damaged_settings(grokyolo, run, content):
    (run / "grokyolo.yaml").write_text(content)
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["grokyolo.yaml"][0]) == (1, "damaged")


@pytest.mark.parametrize("content", ["", "epoch,step\n", "a,b\n1,2\n"])
def test_damaged_log(grokyolo, run, content):
    (run / "gap.csv").write_text(content)
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["gap.csv"][0]) == (1, "damaged")


def test_missing_log(grokyolo, run):
    (run / "gap.csv").unlink()
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["gap.csv"][0]) == (1, "damaged")


def test_a_torn_last_row_is_no_damage(grokyolo, run):
    with (run / "gap.csv").open("a") as file:
        file.write("4,4,0.3")
    code, out, _ = grokyolo("verify", str(run))
    assert (code, findings(out)["gap.csv"]) == (0, ("sound", "3 epochs"))


def test_a_run_that_is_training_names_its_owner(grokyolo, run):
    with locked(run):
        (run / "state" / "owner.json").write_text('{"pid": 4711, "host": "node7"}')
        code, out, _ = grokyolo("verify", str(run))
    assert (code, out.splitlines()[-1]) == (0, "trained now by process 4711 on node7")


def test_changes_nothing(grokyolo, run):
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in run.rglob("*") if path.is_file()}
    grokyolo("verify", str(run))
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in before} == before


@pytest.mark.parametrize(
    ("name", "what"), [("runs/nope", "there is no such run folder"), ("runs", "this is no run of grokyolo")]
)
def test_what_is_no_run(grokyolo, run, name, what):
    code, out, err = grokyolo("verify", name)
    assert (code, out) == (2, "")
    assert problem(err) == (what, name, "give a folder that holds grokyolo.yaml, for example runs/exp1")
