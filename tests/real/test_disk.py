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
"$PYTHON" {program} train --recipe {recipe} --name full {overrides} 2> err &
training=$!
{meanwhile}
code=0; wait $training || code=$?
cp -r runs/full copy
exit $code
"""


@pytest.fixture
def on_small_disk(workplace):
    """Train on a tmpfs of a few hundred kilobytes in a mount namespace of its own; return (code, stderr)."""

    def run(recipe, *, kilobytes, overrides="", meanwhile=":", program="-m grokyolo"):
        script = SCRIPT.format(size=kilobytes, recipe=recipe, overrides=overrides, meanwhile=meanwhile, program=program)
        done = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script],
            check=False,
            env={**os.environ, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, (workplace / "err").read_text() + done.stderr

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
    impatient = (
        "-c 'import sys, grokyolo.training.durable as d; d.WAIT_FOR_ROOM = 2.0; from grokyolo.cli import main; "
        "sys.exit(main())'"
    )
    code, stderr = on_small_disk(recipe, kilobytes=40_000, meanwhile=fill, program=impatient)
    assert code == 1
    assert "could not be saved" in stderr
    assert "try:   grokyolo resume runs/full" in stderr
    assert "Traceback" not in stderr
    assert events(workplace / "copy")[1] == "start"


def test_the_end_waits_for_room_and_loses_nothing(on_small_disk, small, workplace):
    recipe = small("classify", "disk", epochs=12, checkpoint={"every": "1h", "keep": 1})
    never = trained(recipe, "never-on-small-disk", "epochs=12")
    fill = FILL.format("runs/full/gap.csv")
    wait = "while ! grep -q 'the end cannot be saved yet' err; do sleep 0.1; done"
    code, stderr = on_small_disk(recipe, kilobytes=40_000, meanwhile=f"{fill}; {wait}; rm runs/ballast")
    assert "the end cannot be saved yet" in stderr
    assert code == 0, stderr
    assert log(workplace / "copy") == log(never)


def test_whoever_does_not_want_to_wait_for_room_is_heard(on_small_disk, small, workplace):
    recipe = small("classify", "disk", epochs=12, checkpoint={"every": "1h", "keep": 1})
    fill = FILL.format("runs/full/gap.csv")
    wait = "while ! grep -q 'the end cannot be saved yet' err; do sleep 0.1; done; kill -TERM $training"
    code, stderr = on_small_disk(recipe, kilobytes=40_000, meanwhile=f"{fill}; {wait}")
    assert code == 75, stderr
    assert "stopped by SIGTERM" in stderr
