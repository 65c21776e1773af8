"""Strict YAML."""

import pytest

from grokyolo.findings import Place
from grokyolo.recipe.yaml_reader import MAX_CHARACTERS, MAX_NODES, Listing, Scalar, YamlMap, parse
from tests.recipe.recipes import node


def problems_of(text: str) -> list:
    problems: list = []
    parse(text, Place("x.yaml"), problems)
    return problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("1_000", 1000),
        ("0x1f", 31),
        ("0b11", 3),
        ("0", 0),
        ("0.5", 0.5),
        ("1.0e-3", 0.001),
        ("1.e-3", 0.001),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("yes", True),
        ("off", False),
        ("null", None),
        ("~", None),
        ("text", "text"),
        ("'5'", "5"),
        ('"true"', "true"),
        ('"\\u00e4"', "ä"),
        ("! 5", "5"),
    ],
)
def test_scalars_mean_what_yaml_says(text, value):
    scalar = node(text)
    assert scalar.value == value
    assert type(scalar.value) is type(value)


@pytest.mark.parametrize("text", ["12:30", "1:30.5", "2026-11-25", "1e3", "1e-3", "0o17", "1.2.3", "=", "10m"])
def test_what_yaml_would_twist_stays_text(text):
    assert node(text).value == text


@pytest.mark.parametrize("digits", [400, 5000, 100_000])
def test_endless_numbers_stay_text(digits):
    assert node("9" * digits).value == "9" * digits


def test_a_scalar_knows_its_place_and_whether_it_was_quoted():
    table = node("a: 1\nb:\n  c: '2'\n")
    assert isinstance(table, YamlMap)
    inner = table.items["b"]
    assert isinstance(inner, YamlMap)
    scalar = inner.items["c"]
    assert isinstance(scalar, Scalar)
    assert (str(scalar.place), scalar.plain, scalar.text) == ("x.yaml:3:6", False, "2")
    assert str(inner.keys["c"]) == "x.yaml:3:3"


def test_lists_keep_their_order():
    listing = node("[3, 1, 2]")
    assert isinstance(listing, Listing)
    assert [item.value for item in listing.items if isinstance(item, Scalar)] == [3, 1, 2]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(ending):
    table = node(ending.join(["a: 1", "b: 2", ""]))
    assert isinstance(table, YamlMap)
    assert str(table.keys["b"]) == "x.yaml:2:1"


def test_all_duplicate_keys_are_named_at_once():
    found = problems_of("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n")
    assert [str(problem.location) for problem in found] == ["x.yaml:2:1", "x.yaml:3:11", "x.yaml:4:1"]


def test_the_first_of_two_values_is_kept_so_that_checks_can_go_on():
    problems: list = []
    table = parse("a: 1\na: 2\n", Place("x.yaml"), problems)
    assert isinstance(table, YamlMap)
    assert isinstance(table.items["a"], Scalar)
    assert table.items["a"].value == 1


def test_an_expanding_document_is_refused_before_it_grows():
    laughs = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50))
    assert "is an anchor" in problems_of(laughs)[0].what


def test_a_tower_of_brackets_is_refused():
    for bracket in ("[", "{a: ", "- "):
        assert problems_of(bracket * 5000)


def test_a_huge_document_is_refused_unread():
    assert problems_of("a" * (MAX_CHARACTERS + 1))[0].what == "this is too large for a recipe"


def test_on_the_command_line_the_argument_is_the_place():
    problems: list = []
    parse("[", Place(argument="classes=["), problems)
    assert str(problems[0].location) == "classes=[ on the command line"


def test_a_byte_order_mark_and_nothing_else_is_empty():
    assert parse("", Place("x.yaml"), []) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n" * 30_000,
        "".join(f"k{i}: {{a: [1, 2, 3]}}\n" for i in range(9000)),
        "[" * 150_000,
        "[0, " * 40_000,
        "{" * 100_000,
        "- " * 90_000,
        "? " * 90_000,
        "a: " * 60_000,
        "'" + "a\n" * 90_000,
        "!" * 180_000,
        "&" + "a" * 180_000 + " b",
        "a: &a [*a]\n",
        "&a a: *a\n",
        "<<: &a {<<: *a}\n",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_deep_or_large_or_holds_itself_is_refused_in_few_words(text):
    (found, *_) = problems_of(text)
    assert len(str(found)) < 200


def test_the_values_that_are_read_are_counted():
    assert problems_of(f"[{'0,' * (MAX_NODES - 2)}]") == []
    assert problems_of(f"[{'0,' * MAX_NODES}]")[0].what == "this is too large for a recipe"
