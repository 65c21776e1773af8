"""`grokyolo recipes`: list, show, copy, check."""

import pytest

from grokyolo.recipe import load, source_text
from tests.cli.conftest import problem, problems

LIST = """\
recipe                     epochs  task      what it is for
double-descent               1000  classify  validation falls, then recovers
edge-compact                  600  detect    nano model for edge; needs data=
grok-modular-addition         280  classify  positive control, groks in minutes
long                         1000  detect    the default, to extend; needs data=
long-coco8                   1000  detect    the grokking glossary's COCO8 run
long-small-data              2000  detect    your own few images; needs data=
memorise-modular-addition     280  classify  negative control, only memorises
strong-decay-coco8           4000  detect    COCO8 with a budget of 4 e-folds
"""
MINE = "extends: long\ndescription: mine\nmodel: yolo26n.yaml\ndata: mine.yaml\n"
BROKEN = "extends: long\nmodel: yolo26n.yaml\ndata: mine.yaml\ntrain:\n  lr0: 1e-3\n  wieght_decay: 0.1\n"


def stripped(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_lists_the_built_in_recipes(grokyolo, arguments):
    code, out, err = grokyolo("recipes", *arguments)
    assert (code, err) == (0, "")
    assert stripped(out) == LIST
    assert max(map(len, out.splitlines())) <= 80


def test_lists_the_recipes_of_the_current_folder_too(grokyolo, workplace):
    (workplace / "recipes").mkdir()
    (workplace / "recipes" / "mine.yaml").write_text(MINE)
    _, out, _ = grokyolo("recipes")
    assert "mine                         1000  detect    mine" in stripped(out).splitlines()


def test_a_broken_recipe_is_listed_as_broken(grokyolo, workplace):
    (workplace / "recipes").mkdir()
    (workplace / "recipes" / "bad.yaml").write_text("train: [1")
    code, out, _ = grokyolo("recipes")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("bad "))
    assert "broken: " in row
    assert "None" not in row


def test_shows_every_value_and_where_it_comes_from(grokyolo):
    code, out, err = grokyolo("recipes", "show", "long-coco8")
    assert (code, err) == (0, "")
    rows = [tuple(line.split()) for line in out.splitlines()]
    assert rows[0] == ("key", "value", "from")
    assert ("model", "yolo26n.pt", "built-in", "long-coco8.yaml:18") in rows
    assert ("train.weight_decay", "0.01", "built-in", "long-coco8.yaml:24") in rows
    assert ("train.lrf", "1.0", "built-in", "long.yaml:27") in rows
    assert ("train.deterministic", "true", "built-in", "long.yaml:43") in rows
    assert ("gap.budget", "null", "built-in", "long-coco8.yaml:28") in rows
    assert ("checkpoint.every", "10m", "default") in rows


def test_shows_a_base_that_names_no_model(grokyolo):
    code, out, err = grokyolo("recipes", "show", "long")
    assert (code, err) == (0, "")
    assert "train.optimizer" in out


def test_shows_the_recipe_of_a_run(grokyolo, run):
    code, out, _ = grokyolo("recipes", "show", str(run))
    assert code == 0
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert lines["train.epochs"] == ["3", "command", "line"]
    assert lines["train.lr0"] == ["0.002", "built-in", "grok-modular-addition.yaml:29"]
    assert lines["checkpoint.keep"] == ["3", "default"]


def test_shows_what_the_command_line_changes(grokyolo, workplace):
    _, out, _ = grokyolo("recipes", "show", "long-coco8", "weight_decay=0.1", "gap.every=5")
    rows = [line.split() for line in out.splitlines()]
    assert ["train.weight_decay", "0.1", "command", "line"] in rows
    assert ["gap.every", "5", "command", "line"] in rows
    _, out, _ = grokyolo("recipes", "show", "long-coco8", "weight_decay=0.1", "--resolved")
    (workplace / "strong.yaml").write_text(out)
    assert load("strong.yaml").hash == load("long-coco8", ["weight_decay=0.1"]).hash
    assert grokyolo("recipes", "show", "long-coco8", "wight_decay=1")[0] == 2


def test_copy_of_a_run_is_its_recipe(grokyolo, run):
    assert grokyolo("recipes", "copy", str(run), "mine.yaml")[0] == 0
    assert grokyolo("recipes", "diff", "mine.yaml", str(run))[:2] == (0, "no difference\n")


def test_own_recipes_are_listed_with_their_file(grokyolo, workplace):
    (workplace / "recipes").mkdir()
    (workplace / "recipes" / "long.yaml").write_text("extends: long\ndescription: mine\n")
    _, out, _ = grokyolo("recipes")
    assert out.splitlines()[-1] == "long: recipes/long.yaml, instead of built-in long.yaml"


def test_copy_writes_the_file_with_its_comments_and_says_how_to_use_it(grokyolo, workplace):
    code, out, err = grokyolo("recipes", "copy", "long-coco8", "mine.yaml")
    assert (code, err) == (0, "for editors that complete and check recipes: recipe.schema.json\n")
    assert out == "copied: mine.yaml\nnext: grokyolo train --recipe mine.yaml\n"
    assert (workplace / "mine.yaml").read_text() == source_text("long-coco8")
    assert grokyolo("recipes", "check", "mine.yaml") == (0, "mine.yaml: ok\n", "")


def test_copy_puts_the_schema_beside_the_copy_that_names_it(grokyolo, workplace):
    (workplace / "recipes").mkdir()
    assert grokyolo("recipes", "copy", "long", "recipes/mine.yaml")[0] == 0
    schema = workplace / "recipes" / "recipe.schema.json"
    assert schema.read_text() == grokyolo("recipes", "schema")[1]
    assert "schema" not in grokyolo("recipes")[1]
    schema.write_text("my own")
    assert grokyolo("recipes", "copy", "long", "recipes/other.yaml")[2] == ""
    assert schema.read_text() == "my own"


def test_copy_of_a_recipe_without_a_modeline_needs_no_schema(grokyolo, workplace):
    (workplace / "mine.yaml").write_text(MINE)
    assert grokyolo("recipes", "copy", "mine.yaml", "yours.yaml")[2] == ""
    assert sorted(path.name for path in workplace.iterdir()) == ["mine.yaml", "yours.yaml"]


def test_copy_overwrites_nothing(grokyolo, workplace):
    (workplace / "mine.yaml").write_text("keep me")
    code, _, err = grokyolo("recipes", "copy", "long", "mine.yaml")
    assert code == 2
    assert problem(err) == ("mine.yaml exists already", "recipes copy long mine.yaml", "choose another FILE")
    assert (workplace / "mine.yaml").read_text() == "keep me"


def test_copy_into_a_folder_that_is_not_there(grokyolo):
    code, _, err = grokyolo("recipes", "copy", "long", "nowhere/mine.yaml")
    assert code == 2
    assert problem(err)[::2] == ("cannot write nowhere/mine.yaml: No such file or directory", "mkdir -p nowhere")


def test_check_names_every_mistake_with_its_line(grokyolo, workplace):
    (workplace / "bad.yaml").write_text(BROKEN)
    (workplace / "mine.yaml").write_text(MINE)
    code, out, err = grokyolo("recipes", "check", "bad.yaml", "mine.yaml")
    assert (code, out) == (2, "mine.yaml: ok\n")
    number, key = problems(err)
    assert number[1:] == ("bad.yaml:5:8", "YAML reads 1e-3 as text: write 1.0e-3 or 0.001")
    assert key[0] == "train.wieght_decay cannot be set: Ultralytics has no such train argument"
    assert key[1:] == ("bad.yaml:6:3", "did you mean weight_decay?")


def test_check_tells_a_data_set_from_a_recipe(grokyolo, workplace):
    (workplace / "my data.yaml").write_text("path: .\ntrain: images/train\nval: [images/val]\nnames: {0: a}\n")
    code, out, err = grokyolo("recipes", "check", "my data.yaml")
    assert (code, out) == (2, "")
    said = ("this is a data set, no recipe", "my data.yaml", "grokyolo plan model=yolo26n.yaml 'data=my data.yaml'")
    assert problem(err) == said


@pytest.mark.parametrize(
    ("recipe", "needs"), [("./bare.yaml", "model= and data="), ("long", "data="), ("edge-compact", "data=")]
)
def test_check_says_what_is_still_to_be_named(grokyolo, workplace, recipe, needs):
    settings = "epochs: 9, optimizer: AdamW, lrf: 1.0, nbs: 16, close_mosaic: 0, warmup_bias_lr: 0.0"
    (workplace / "bare.yaml").write_text(f"train: {{{settings}}}\n")
    warning = f"warning: {recipe} needs {needs} on the command line\n"
    assert grokyolo("recipes", "check", recipe) == (0, f"{recipe}: ok\n", warning)
    assert grokyolo("recipes", "check", recipe, "model=yolo26n.pt", "data=x.yaml") == (0, f"{recipe}: ok\n", "")


@pytest.mark.parametrize("content", ["train: [1", "\x00", "- a\n", "a: &x 1\nb: *y\n", "train: {epochs: 3", "\t- x"])
def test_broken_yaml_is_a_clear_error(grokyolo, workplace, content):
    (workplace / "bad.yaml").write_text(content)
    code, out, err = grokyolo("recipes", "check", "bad.yaml")
    assert (code, out) == (2, "")
    for _, where, _ in problems(err):
        assert where.startswith("bad.yaml")


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (["shw", "long"], "there is no verb 'recipes shw'", "did you mean show?"),
        (["lists"], "there is no verb 'recipes lists'", "did you mean list?"),
        (["qqqq"], "there is no verb 'recipes qqqq'", "grokyolo recipes --help"),
        (["long-coco8", "lr0=1"], "there is no verb 'recipes long-coco8'", "grokyolo recipes show long-coco8 lr0=1"),
        (["show"], "the following arguments are required: NAME", "grokyolo recipes show --help"),
        (["show", "a", "b"], "unrecognized arguments: b", "grokyolo recipes show --help"),
        (["copy", "long"], "the following arguments are required: FILE", "grokyolo recipes copy --help"),
        (["copy"], "the following arguments are required: NAME, FILE", "grokyolo recipes copy --help"),
        (["check"], "the following arguments are required: FILE...", "grokyolo recipes check --help"),
        (["check", "lr0=1"], "name at least one FILE", "grokyolo recipes check --help"),
        (["list", "x"], "unrecognized arguments: x", "grokyolo recipes list --help"),
        (["show", "long-coc8"], "there is no recipe 'long-coc8'", "did you mean long-coco8"),
        (["copy", "lng", "x.yaml"], "there is no recipe 'lng'", "did you mean long"),
        (["check", "nope.yaml"], "there is no file nope.yaml", "grokyolo recipes"),
    ],
)
def test_wrong_usage(grokyolo, workplace, arguments, what, hint):
    code, out, err = grokyolo("recipes", *arguments)
    assert (code, out) == (2, "")
    found = problem(err)
    assert found[0] == what
    assert " ".join(["grokyolo recipes", *arguments]).startswith(found[1])
    assert found[2].startswith(hint)
    assert list(workplace.iterdir()) == []


def test_a_resolved_recipe_needs_no_parent_and_has_the_same_hash(grokyolo, workplace):
    code, out, _ = grokyolo("recipes", "show", "long-coco8", "--resolved")
    assert code == 0
    (workplace / "resolved.yaml").write_text(out)
    assert "extends" not in out
    assert grokyolo("recipes", "diff", "resolved.yaml", "long-coco8")[:2] == (0, "no difference\n")


def test_show_says_where_every_value_comes_from(grokyolo):
    _, out, _ = grokyolo("recipes", "show", "long-coco8")
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "built-in long-coco8.yaml:" in lines["train.weight_decay"]
    assert "built-in long.yaml:" in lines["train.optimizer"]
    assert "Ultralytics default" in lines["train.mosaic"]


def test_diff_shows_what_differs_and_nothing_else(grokyolo):
    code, out, _ = grokyolo("recipes", "diff", "grok-modular-addition", "memorise-modular-addition")
    assert code == 0
    keys = [line.split()[0] for line in out.splitlines()[1:]]
    assert "train.weight_decay" in keys
    assert "train.lr0" not in keys


def test_the_schema_is_one_for_editors(grokyolo):
    import json

    import jsonschema

    code, out, _ = grokyolo("recipes", "schema")
    assert code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(out))
