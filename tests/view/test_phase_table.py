"""What a sweep shows, as text: fits any terminal, and says what a picture would."""

import pytest

from grokyolo.view.phase.table import phase_tables
from tests.view import sweeps
from tests.view.test_table import printed


def lines(phases, width=80) -> list[str]:
    return printed(phase_tables(phases, width), width).splitlines()


def words(phases, start, width=80) -> list[list[str]]:
    """Return the words of the lines from the one that starts so."""
    found = lines(phases, width)
    return [line.split() for line in found[next(i for i, line in enumerate(found) if line.startswith(start)) :]]


def test_a_wide_cell_says_its_word_and_its_numbers():
    found = lines(sweeps.sweep())
    assert found[1] == "27 runs: 15 memorising, 12 grokked"
    assert found[2] == "times in epochs, median (least–largest) over 3 seeds"
    row = next(i for i, line in enumerate(found) if line.startswith("1 "))
    assert found[row].split() == ["1", "memorising", "3/3", "grokked", "3/3", "grokked", "3/3"]
    assert found[row + 1].split() == ["memo", "5"] * 3
    assert found[row + 2].split() == ["score", "0.010", "jump", "132", "(128–135)", "jump", "99", "(96–102)"]


def test_the_largest_number_stands_on_top():
    rows = [line.split()[0] for line in lines(sweeps.sweep()) if line[:3] in {"1  ", "0.5", "0  "}]
    assert rows[:3] == ["1", "0.5", "0"]


def test_times_in_e_folds():
    found = lines(sweeps.sweep(by="budget"))
    assert found[2].startswith("times in e-folds of weight decay")
    assert any("jump 2.38 (2.3–2.43)" in line for line in found)


def test_a_narrow_cell_has_a_letter_and_the_jump():
    found = words(sweeps.sweep(), "weight_decay", 60)
    assert found[1] == ["1", "M", "G", "G"]
    assert found[2] == ["132", "99"]
    assert ["G", "grokked,", "M", "memorising;", "below:", "the", "jump"] in found


def test_one_narrower_still_a_star_where_runs_do_not_agree():
    found = words(sweeps.wide(), "weight_decay")
    assert found[1][0] == "1"
    assert set(found[1][1:]) == {"M", "G*"}
    assert any(line[-4:] == ["*", "not", "all", "runs"] for line in found)
    assert found[2] == ["1234"] * 7


@pytest.mark.parametrize("make", [sweeps.sweep, sweeps.half_done, sweeps.panels, sweeps.wide, sweeps.models])
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_fits_the_terminal(make, width):
    assert max(map(len, lines(make(), width))) <= width


def test_panels_are_named():
    found = lines(sweeps.panels())
    assert "lr0=0.002" in found
    assert "lr0=0.004" in found


def test_every_state_is_shown():
    found = " ".join(lines(sweeps.half_done(), 160))
    for word in ("grokked 1/1", "unfinished 1/1", "failed 1/1", "not started 1/1", "never learned 1/1"):
        assert word in found


def test_the_law_with_its_groups():
    found = words(sweeps.sweep(), "does the jump keep")
    assert ["fraction", "0.4", "0", "6", "–", "–", "–"] in found
    assert ["0.6", "6", "0", "2.37", "×÷1.03", "196"] in found
    assert any(line[:2] == ["not", "jumped:"] for line in found)


def test_critical_sizes_those_with_a_border_first():
    found = words(sweeps.sweep(), "from which fraction on")
    assert found[2][:5] == ["weight_decay=0.5", "between", "0.4", "and", "0.6"]
    assert found[4][:5] == ["weight_decay=0", "none,", "up", "to", "0.8"]


def test_critical_sizes_within_a_budget_say_so():
    assert "from which fraction on does a run generalise within 2 e-folds?" in lines(
        sweeps.sweep(within=2.0, by="budget")
    )


def test_the_course_over_size():
    found = words(sweeps.models(), "does the test error")
    assert found[1][:2] == ["model-wise", "(model)"]
    assert found[2] == ["all", "runs", "0.500", "→", "0.300", "–", "falls"]


def test_long_lists_are_cut_and_counted():
    phases = sweeps.wide(critical="weight_decay")
    assert len(phases.criticals) == 12
    many = sweeps.shown(
        sweeps.grid(lambda **_: sweeps.memorising(), lr0=list(range(1, 13)), batch=[1, 2, 4], fraction=[0.4, 0.6, 0.8])
    )
    assert sum(line == "and 12 more (--json)" for line in lines(many)) == 2


def test_notes_stand_below():
    assert lines(sweeps.sweep())[-2].startswith("note: runs end after 2.7 to 5.4 e-folds")


def test_brackets_in_names_are_no_markup():
    assert any("[bold]" in line for line in lines(sweeps.hostile(), 200))
