"""Arguments that a recipe must not set. The messages are in tests/bad_recipes/train_keys.txt."""

import pytest

from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.ownership import OLD_NAMES, OWNED, homes, why_no_argument

REFUSED = {"project", "name", "exist_ok", "data", "model", "mode", "resume", "save_dir", "cfg"}
"""What the training session passes to Ultralytics itself."""


def test_what_the_session_sets_no_recipe_can():
    assert set(OWNED) >= REFUSED


@pytest.mark.parametrize("name", [name for name, one in train_arguments().items() if one.used_in_training])
def test_every_other_argument_of_training_can_be_set(name):
    assert (why_no_argument(name, bare=False) is None) == (name not in OWNED)


@pytest.mark.parametrize("old", OLD_NAMES)
def test_an_old_name_leads_to_one_that_can_be_set(old):
    new = OLD_NAMES[old]
    assert old not in train_arguments()
    assert new in {"model", "data"} or why_no_argument(new, bare=False) is None


def test_a_key_of_two_sections_has_two_homes():
    assert homes("every") == ["gap.every", "checkpoint.every"]
    assert homes("seed") == ["data.seed", "train.seed"]
    assert homes("no_such") == []
