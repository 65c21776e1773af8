"""A disk that is full for a while, or for good."""

import os
import subprocess
import sys

import pytest

from tests.real.training import events, log, trained

FILL = "while [ ! -s {} ]; do sleep 0.05; done; cat /dev/zero > runs/ballast 2>/dev/null || true"
SCRIPT = """
set -e
mkdir -p runs
mount -t tmpfs -o size={size}k none runs
"$PYTHON" -m grokyolo train --recipe {recipe} --name full {overrides} &
training=$!
{meanwhile}
code=0; wait $training || code=$?
cp -r runs/full copy
exit $code
"""


@pytest.fixture
def on_small_disk(workplace):
    """Train on a tmpfs of a few hundred kilobytes in a mount namespace of its own; return (code, stderr)."""

    def run(recipe, *, kilobytes, overrides="", meanwhile=":"):
        script = SCRIPT.format(size=kilobytes, recipe=recipe, overrides=overrides, meanwhile=meanwhile)
        done = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script],
            check=False,
            env={**os.environ, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stderr

    return run


def test_training_goes_on_while_the_disk_is_full_and_loses_no_row(on_small_disk, small, workplace):
    recipe = small("classify", "disk", epochs=200, checkpoint={"every": "1s", "keep": 1})
    never = trained(recipe, "never-on-small-disk", "epochs=200")
    fill = FILL.format("runs/full/gap.csv")
    free = "sleep 2; rm runs/ballast"
    code, stderr = on_small_disk(recipe, kilobytes=40_000, meanwhile=f"{fill}; {free}")
    assert "No space left" in stderr
    assert "Traceback" not in stderr
    assert code == 0, stderr
    assert log(workplace / "copy") == log(never)


def test_a_disk_that_stays_full_ends_in_one_clear_error_and_what_was_saved_stays(on_small_disk, small, workplace):
    recipe = small("classify", "disk", epochs=60, checkpoint={"every": "1s", "keep": 1})
    fill = FILL.format("runs/full/weights/last.pt")
    code, stderr = on_small_disk(recipe, kilobytes=40_000, meanwhile=fill)
    assert code == 1
    assert "could not be saved" in stderr
    assert "Traceback" not in stderr
    assert events(workplace / "copy")[1] == "start"
