"""What all verbs share: options, and errors of three lines."""

import io

import pytest
from rich.console import Console

from grokyolo.cli import main, output
from grokyolo.errors import GrokyoloError, RecipeError, UsageError
from tests.cli.conftest import problem, problems


@pytest.mark.parametrize(
    ("typed", "what", "hint"),
    [
        (["gap", "--jsn", "x"], "unrecognized arguments: --jsn", "did you mean --json"),
        (["train", "--recipe", "long", "--nme", "x"], "unrecognized arguments: --nme", "did you mean --name"),
        (["gap", "x", "--qqqqqq"], "unrecognized arguments: --qqqqqq", "grokyolo gap --help"),
        (["gap", "x", "--json=4"], "argument --json: takes no value", "grokyolo gap --help"),
        (["train", "-name", "zz"], "unrecognized arguments: -name", "grokyolo train --name zz"),
        (["train", "--recipe", "--name", "x"], "argument --recipe: expected one argument", "grokyolo train --help"),
        (["compare", "a", "b", "--by", "x"], "argument --by: 'x' is not one of 'epoch', 'step', 'time', 'budget'", ""),
        (["sweep", "seed=0,1"], "the following arguments are required: --recipe", "grokyolo sweep --help"),
        (["resume", "a", "b"], "unrecognized arguments: b", "grokyolo resume --help"),
        (["verify", "a", "b", "c"], "unrecognized arguments: b c", "grokyolo verify --help"),
        (["gap"], "name at least one RUN", "grokyolo gap --help"),
        (["gap", "--plot", "x.png"], "name at least one RUN", "grokyolo gap --help"),
        (["resume"], "the following arguments are required: RUN", "grokyolo resume --help"),
        (["extend", "x"], "the following arguments are required: --epochs", "grokyolo extend --help"),
        (["train", "--recipe"], "argument --recipe: expected one argument", "grokyolo train --help"),
        (["gap", "x", "--last", "two"], "argument --last: invalid int value: 'two'", "grokyolo gap --help"),
    ],
)
def test_wrong_options(grokyolo, typed, what, hint):
    code, out, err = grokyolo(*typed)
    assert (code, out) == (2, "")
    found = problem(err)
    assert found[:2] == (what, f"grokyolo {typed[0]}")
    assert found[2].startswith(hint)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["train", "my own.yaml", "--name", "x"], "train --recipe 'my own.yaml' --name x"),
        (["train", "--verbose", "epochs=5", "long-coco8"], "train --verbose epochs=5 --recipe long-coco8"),
        (["plan", "long-coco8", "epochs=5", "--json"], "plan --recipe long-coco8 epochs=5 --json"),
        (["sweep", "long-coco8", "seed=0,1"], "sweep --recipe long-coco8 seed=0,1"),
    ],
)
def test_a_recipe_without_its_option_is_shown_where_it_goes_and_nothing_typed_is_lost(grokyolo, typed, hint):
    code, _, err = grokyolo(*typed)
    assert (code, problem(err)[2]) == (2, f"grokyolo {hint}")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["train", "--recipe", "mine", "--verbose", "lr0=1"], "train --recipe mine.yaml --verbose lr0=1"),
        (["plan", "--json", "--recipe=mine", "lr0=1"], "plan --json --recipe=mine.yaml lr0=1"),
        (["train", "mine", "--verbose", "lr0=1"], "train --recipe mine.yaml --verbose lr0=1"),
    ],
)
def test_a_file_of_recipe_named_without_its_suffix_is_told_with_all_that_was_typed(grokyolo, workplace, typed, hint):
    (workplace / "mine.yaml").write_text("extends: long\n")
    code, _, err = grokyolo(*typed)
    assert (code, problem(err)[2]) == (2, f"grokyolo {hint}")


def test_a_second_word_is_proposed_where_one_is_near(grokyolo):
    code, _, err = grokyolo("sweep", "shwo", "runs/s")
    assert (code, problem(err)) == (2, ("there is no verb 'sweep shwo'", "grokyolo sweep shwo", "did you mean show?"))


@pytest.mark.parametrize("verb", ["train", "plan"])
def test_who_is_used_to_yolo_train_gets_the_recipe_long(grokyolo, verb):
    code, _, err = grokyolo(verb, "epochs=9", "lr0=0.1")
    assert code == 2
    assert [what for what, _, _ in problems(err)] == ["the recipe names no data set"]
    assert {where for _, where, _ in problems(err)} == {"built-in long.yaml"}


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["extend", "x", "epochs=400", "lr0=0.1"], "extend x --epochs 400 lr0=0.1"),
        (["extend", "a b", "epochs=400"], "extend 'a b' --epochs 400"),
        (["resume", "x", "epochs=400"], "extend x --epochs 400"),
        (["resume", "x", "lr0=0.1"], "extend --help"),
    ],
)
def test_the_length_of_a_run_is_an_option_of_extend(grokyolo, typed, hint):
    code, out, err = grokyolo(*typed)
    assert (code, out) == (2, "")
    assert problem(err)[2] == f"grokyolo {hint}"


@pytest.mark.parametrize("option", [["--weight-decay", "0.1"], ["--weight-decay=0.1"], ["--weight_decay", "0.1"]])
@pytest.mark.parametrize("verb", [["train", "--recipe", "long"], ["extend", "x", "--epochs", "3"]])
def test_a_train_argument_typed_as_an_option_is_told_as_the_command_to_type(grokyolo, verb, option):
    code, _, err = grokyolo(*verb, *option, "lr0=1", "--verbose")
    assert (code, problem(err)[2]) == (2, f"grokyolo {' '.join(verb)} weight_decay=0.1 lr0=1 --verbose")


@pytest.mark.parametrize("behind", [[], ["lr0=1"], ["--verbose"]])
def test_one_without_a_value_is_told_how_to_write_it(grokyolo, behind):
    code, _, err = grokyolo("train", "--weight_decay", *behind)
    assert (code, problem(err)[2]) == (2, "write weight_decay and its value with a = between, and no dashes")


def test_a_verb_without_train_arguments_suggests_none(grokyolo):
    _, _, err = grokyolo("gap", "x", "--weight-decay", "0.1")
    assert problem(err)[2] == "grokyolo gap --help"


def test_options_are_not_abbreviated(grokyolo):
    code, _, err = grokyolo("gap", "x", "--js")
    assert code == 2
    assert "--js" in problem(err)[0]


def test_an_error_without_place_or_remedy_gets_the_command_and_its_help(capsys):
    output.print_error(GrokyoloError("it broke"), "grokyolo gap a b")
    assert problem(capsys.readouterr().err) == ("it broke", "grokyolo gap a b", "grokyolo gap --help")


def test_an_error_keeps_its_own_place_and_remedy(capsys):
    output.print_error(UsageError("it broke", where="here", hint="do that"), "grokyolo gap a b")
    assert problem(capsys.readouterr().err) == ("it broke", "here", "do that")


def test_every_problem_of_a_recipe_is_shown(capsys):
    error = RecipeError([GrokyoloError("one", where="a:1", hint="x"), GrokyoloError("two", where="a:2", hint="y")])
    output.print_error(error, "grokyolo train")
    assert problems(capsys.readouterr().err) == [("one", "a:1", "x"), ("two", "a:2", "y")]


@pytest.mark.parametrize("text", ["[red]not markup[/]", "[/]", ":smile:", "a: b: c", "x" * 300, "größe 模型"])
def test_text_of_errors_is_printed_as_it_is(capsys, text):
    output.print_error(UsageError(text, where=text, hint=text), "grokyolo train")
    assert problem(capsys.readouterr().err) == (text, text, text)


def on_a_terminal(monkeypatch, **environment: str) -> str:
    """Return what an error looks like on a terminal."""
    written = io.StringIO()
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        output,
        "console",
        lambda *, stderr: Console(file=written, force_terminal=True, no_color=output.NO_COLOR.get() or None),
    )
    main(["gap", "--qqqq", *(["--no-color"] if environment.get("FLAG") == "1" else [])])
    return written.getvalue()


def test_errors_are_red_on_a_terminal(monkeypatch):
    assert "\x1b[1;31merror:" in on_a_terminal(monkeypatch)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"FLAG": "1"}])
def test_no_color_is_respected(monkeypatch, environment):
    assert "31m" not in on_a_terminal(monkeypatch, **environment)


def test_a_pipe_gets_no_colours(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    output.print_error(UsageError("it broke"), "grokyolo gap")
    assert "\x1b" not in capsys.readouterr().err
