"""What a value may be, in Python and as JSON Schema alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from grokyolo.recipe.composite import Either, Optional, Row, Several
from grokyolo.recipe.document import Scalar
from grokyolo.recipe.places import Place
from grokyolo.recipe.quantities import Duration, Size
from grokyolo.recipe.values import Choice, Constant, Flag, Integer, Kind, Number, Text, Wrong
from tests.recipe.recipes import node

KINDS: list[Kind] = [
    Flag(),
    Number(),
    Number(0),
    Number(0, 1),
    Number(0, 1, above=True),
    Number(0, 1, above=True, below=True),
    Number(0, 1, below=True),
    Integer(),
    Integer(1),
    Integer(2, 512),
    Text(),
    Choice(("ram", "disk")),
    Choice(("AdamW", "auto"), fold=True),
    Constant(-1, "automatic"),
    Duration(),
    Size(),
    Optional(Integer(1)),
    Either((Flag(), Choice(("ram", "disk")))),
    Several(Integer(0)),
    Several(Number(0, 1)),
    Row((Number(0, 1), Integer(2))),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.sampled_from([-1, 0, 1, 2, 512, 513]),
    st.floats(-2, 2),
    st.sampled_from(["ram", "disk", "adamw", "AUTO", "10m", "1h30m", "2GB", "0", "", "x"]),
)


def as_node(value):
    from grokyolo.recipe.document import Listing

    if isinstance(value, list):
        return Listing(tuple(map(as_node, value)), Place("x"))
    return Scalar(value, "" if value is None else str(value), True, Place("x"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.expected)
def test_python_and_json_schema_agree(kind):
    validator = Draft202012Validator(kind.schema)

    @given(st.one_of(SCALARS, st.lists(SCALARS, max_size=4)))
    def agree(value):
        try:
            kind.accept(as_node(value))
            accepted = True
        except Wrong:
            accepted = False
        assert accepted == validator.is_valid(value), value

    agree()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Number(0, 1), "a number from 0 to 1"),
        (Number(0, 1, above=True), "a number above 0 and at most 1"),
        (Number(0, 1, above=True, below=True), "a number above 0 and below 1"),
        (Number(0, 1, below=True), "a number of at least 0 and below 1"),
        (Number(0), "a number of at least 0"),
        (Number(0, above=True), "a number above 0"),
        (Integer(), "a whole number"),
        (Optional(Integer(1), "no limit"), "a whole number of at least 1 or null (no limit)"),
        (Either((Flag(), Choice(("ram", "disk")))), "true, false, ram or disk"),
        (Several(Integer(0)), "a list, each a whole number of at least 0"),
        (Row((Number(0), Integer(2))), "a list of 2: a number of at least 0, a whole number of at least 2"),
    ],
)
def test_a_kind_says_what_it_expects(kind, words):
    assert kind.expected == words


def test_a_whole_float_counts_as_a_whole_number_as_in_ultralytics():
    value = Integer(1).accept(node("100.0"))
    assert (value, type(value)) == (100, int)


def test_numbers_are_passed_on_as_they_were_written():
    assert [type(Number().accept(node(text))) for text in ("1", "1.0")] == [int, float]


def test_true_is_no_number_and_1_is_no_flag():
    for kind, text in ((Number(0, 1), "true"), (Integer(), "false"), (Flag(), "1"), (Constant(1, "x"), "true")):
        with pytest.raises(Wrong):
            kind.accept(node(text))


def test_a_duration_becomes_seconds():
    assert Duration().accept(node("11h30m")) == 41_400


def test_a_size_becomes_bytes():
    assert Size().accept(node("2GB")) == 2_000_000_000
    assert Size().accept(node("0")) == 0


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1e-3", "YAML reads 1e-3 as text: write 1.0e-3 or 0.001"),
        ("1E-3", "YAML reads 1E-3 as text: write 1.0e-3 or 0.001"),
        ("-1e-3", "YAML reads -1e-3 as text: write -1.0e-3 or -0.001"),
        ("1e-12", "YAML reads 1e-12 as text: write 1.0e-12"),
        ("2e3", "YAML reads 2e3 as text: write 2000.0"),
        (".5e1", "YAML reads .5e1 as text: write 5.0"),
        ("'0.1'", "remove the quotes: 0.1"),
        ("0,1", "write a point: 0.1"),
        ("5 %", "write a share of 1: 0.05"),
        ("5 epochs", "write the number alone: 5"),
        ("1/255", "nothing in a recipe is computed: write the result"),
        ("nan", "write a finite number"),
        (".inf", "write a finite number"),
        ("e5", ""),
        ("abc", ""),
        ("-", ""),
    ],
)
def test_a_number_that_is_none_gets_the_right_spelling(text, hint):
    source = node(text) if text != "-" else Scalar("-", "-", True, Place("x"))
    with pytest.raises(Wrong) as caught:
        Number(0, 1e-9).accept(source)
    assert caught.value.hint == hint


@given(st.integers(1, 9999), st.integers(-20, 20), st.sampled_from(["e", "E"]), st.sampled_from(["", "+"]))
def test_the_proposed_spelling_of_a_scientific_number_is_read_as_that_number(digits, power, letter, plus):
    text = f"{digits}{letter}{plus if power >= 0 else ''}{power}"
    with pytest.raises(Wrong) as caught:
        Number().accept(node(text))
    proposals = caught.value.hint.partition("write ")[2].split(" or ")
    assert [Number().accept(node(proposal)) for proposal in proposals] == [float(text)] * len(proposals)
