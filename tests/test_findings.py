"""What was found, where it stands, and in which order it is told."""

from grokyolo.findings import Finding, Place, Severity, error_of


def test_a_place_in_a_file_is_what_editors_jump_to():
    assert str(Place("a.yaml", 3, 5)) == "a.yaml:3:5"
    assert Place("a.yaml", 3, 5).source == "a.yaml:3"


def test_a_file_as_a_whole_has_no_line():
    assert str(Place("a.yaml")) == Place("a.yaml").source == "a.yaml"


def test_an_argument_is_quoted_and_its_source_is_the_command_line():
    place = Place(argument="epochs=x")
    assert (str(place), place.source) == ("epochs=x on the command line", "command line")


def test_problems_come_file_by_file_from_top_to_bottom_and_the_command_line_last():
    places = [
        Place(argument="a=1"),
        Place("parent.yaml", 1, 1),
        Place("mine.yaml", 2, 9),
        Place("mine.yaml", 2, 1),
        Place("mine.yaml"),
    ]
    error = error_of([Finding(Severity.ERROR, "x", location=place) for place in places], ["mine.yaml", "parent.yaml"])
    assert [problem.where for problem in error.problems] == [
        "mine.yaml",
        "mine.yaml:2:1",
        "mine.yaml:2:9",
        "parent.yaml:1:1",
        "a=1 on the command line",
    ]


def test_a_finding_is_one_line_with_its_place_and_its_remedy():
    finding = Finding(Severity.WARNING, "train.lrf is 0.01", "lrf=1.0", Place("mine.yaml", 3, 8))
    assert str(finding) == "mine.yaml:3:8: train.lrf is 0.01. Try: lrf=1.0"
    assert str(Finding(Severity.INFO, "no label\nat all")) == "no label\\nat all"


def test_a_finding_as_an_error_has_its_three_lines():
    finding = Finding(Severity.ERROR, "not one image", "ls images", "data: my.yaml")
    assert finding.as_error().lines() == ["error: not one image", "where: data: my.yaml", "try:   ls images"]
