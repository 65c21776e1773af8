"""The sweep folder: what is written is read again, and what is none says so."""

import os
from dataclasses import replace

import pytest
import yaml

from grokyolo.errors import GrokyoloError, UsageError
from grokyolo.sweep.folder import Point, Sweep, is_sweep, read_sweep, write_sweep
from grokyolo.sweep.local_engine import last_lines


@pytest.fixture
def sweep(tmp_path) -> Sweep:
    points = [Point(f"lr0={lr0:g},seed={seed}", {"lr0": lr0, "seed": seed}) for lr0 in (1e-5, 0.1) for seed in (0, 1)]
    return Sweep(tmp_path / "s", "my.yaml", ("epochs=3", "data.operation=*"), ("lr0", "seed"), tuple(points), cpus=3)


def broken(folder, **changes) -> str:
    """Return what is said of a sweep.yaml that differs in some keys; None leaves a key out."""
    content = yaml.safe_load((folder / "sweep.yaml").read_text()) | changes
    (folder / "sweep.yaml").write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}))
    with pytest.raises(GrokyoloError) as caught:
        read_sweep(folder)
    assert caught.value.where == str(folder / "sweep.yaml")
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value.what


def test_what_is_written_is_read_again(sweep):
    write_sweep(sweep)
    found = read_sweep(sweep.folder)
    assert replace(found, created="") == sweep
    assert found.created.endswith("+00:00")
    assert is_sweep(sweep.folder)


def test_the_time_it_was_made_stays(sweep):
    write_sweep(replace(sweep, created="2026-01-01T00:00:00+00:00"))
    write_sweep(read_sweep(sweep.folder))
    assert read_sweep(sweep.folder).created == "2026-01-01T00:00:00+00:00"


def test_a_small_number_stays_a_number(sweep):
    write_sweep(sweep)
    assert read_sweep(sweep.folder).points[0].values == {"lr0": 1e-5, "seed": 0}


def test_a_point_is_a_run_folder_inside(sweep):
    assert sweep.run(sweep.points[3]) == sweep.folder / "lr0=0.1,seed=1"


def test_values_come_in_the_order_of_the_axes(sweep):
    write_sweep(sweep)
    content = yaml.safe_load((sweep.folder / "sweep.yaml").read_text())
    content["points"][0]["values"] = {"seed": 0, "lr0": 1e-5}
    (sweep.folder / "sweep.yaml").write_text(yaml.safe_dump(content))
    assert list(read_sweep(sweep.folder).points[0].values) == ["lr0", "seed"]


def test_unknown_keys_are_passed_over(sweep):
    write_sweep(sweep)
    with (sweep.folder / "sweep.yaml").open("a") as file:
        file.write("later: [1]\n")
    assert read_sweep(sweep.folder).points == sweep.points


def test_another_folder_is_none(tmp_path):
    assert not is_sweep(tmp_path)
    with pytest.raises(GrokyoloError, match="this is no sweep") as caught:
        read_sweep(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert "sweep.yaml" in caught.value.hint


def test_the_sweep_below_is_named(sweep):
    write_sweep(sweep)
    with pytest.raises(GrokyoloError) as caught:
        read_sweep(sweep.folder.parent)
    assert caught.value.hint == f"grokyolo sweep show {sweep.folder}"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(GrokyoloError, match="there is no such folder"):
        read_sweep(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\0"])
def test_a_file_that_is_something_else(tmp_path, text):
    (tmp_path / "sweep.yaml").write_text(text)
    with pytest.raises(GrokyoloError, match="this sweep cannot be read"):
        read_sweep(tmp_path)


def test_keys_that_are_missing_or_wrong(sweep):
    write_sweep(sweep)
    assert broken(sweep.folder, recipe=None) == "this sweep cannot be read: it names no recipe"
    write_sweep(sweep)
    assert broken(sweep.folder, axes=None) == "this sweep cannot be read: it has no axes"
    write_sweep(sweep)
    assert broken(sweep.folder, points="many") == "this sweep cannot be read: it has no points"
    write_sweep(sweep)
    assert broken(sweep.folder, points=["a"]) == "this sweep cannot be read: a is no point"
    write_sweep(sweep)
    assert "newer grokyolo" in broken(sweep.folder, format=2)


def test_points_that_cannot_be(sweep):
    write_sweep(sweep)
    one = {"name": "lr0=1", "values": {"lr0": 1, "seed": 0}}
    assert "two points have the same name" in broken(sweep.folder, points=[one, one])
    write_sweep(sweep)
    assert "has no seed" in broken(sweep.folder, points=[{"name": "lr0=1", "values": {"lr0": 1}}])


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "a\\b", "", "a\nb"])
def test_a_name_that_leads_elsewhere_is_no_point(sweep, name):
    write_sweep(sweep)
    assert "is no point" in broken(sweep.folder, points=[{"name": name, "values": {"lr0": 1, "seed": 0}}])


BOMB = "\n".join(["a: &a0 [1]", *(f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 50)}]" for i in range(1, 9))])
"""A few hundred bytes that are 50 to the power of 8 values."""


class TestOfAStranger:
    """What a sweep holds is data, of a bounded size, inside its folder."""

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("a: [[[" + "[" * 90 + "]" * 93, "nested deeper"),
            ("a: &a [1, *a]", "contains itself"),
            (
                "\n".join(["a: &a0 [1]", *(f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 50)}]" for i in range(1, 9))]),
                "values",
            ),
            ("a: !!bool maybe", "not valid YAML"),
        ],
    )
    def test_yaml_that_grows_beyond_use_is_refused(self, sweep, text, why):
        write_sweep(sweep)
        (sweep.folder / "sweep.yaml").write_text(text)
        with pytest.raises(GrokyoloError) as caught:
            read_sweep(sweep.folder)
        assert why in caught.value.what

    def test_a_link_out_of_the_folder_is_not_followed(self, sweep, tmp_path):
        write_sweep(sweep)
        (sweep.folder / "sweep.yaml").rename(tmp_path / "secret")
        (sweep.folder / "sweep.yaml").symlink_to(tmp_path / "secret")
        with pytest.raises(GrokyoloError) as caught:
            read_sweep(sweep.folder)
        assert caught.value.what.startswith("cannot read the sweep")

    def test_more_points_than_are_read_again_are_not_written(self, sweep):
        many = tuple(Point(f"{'x' * 90}={i}", {"lr0": i, "seed": 0}) for i in range(40_000))
        with pytest.raises(UsageError) as caught:
            write_sweep(replace(sweep, points=many))
        assert "40,000 points" in caught.value.what
        assert not (sweep.folder / "sweep.yaml").exists()

    def test_a_log_that_is_a_pipe_is_none(self, tmp_path):
        os.mkfifo(tmp_path / "log")
        assert last_lines(tmp_path / "log") == []
