"""Named images: what they hold, what may be chosen of them, what is refused."""

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.images import IMAGE_SETS, ImageChoice


def test_digits_are_what_their_entry_says():
    known = IMAGE_SETS["digits"]
    images = ImageChoice(name="digits").load()
    assert images.shape == known.shape
    assert (len(images.train_x), len(images.test_x)) == (known.train, known.test)
    assert images.train_x.dtype == np.float32
    assert (images.train_x.min(), images.train_x.max()) == (0, 1)
    assert set(images.train_y) == set(images.test_y) == set(range(10))
    rows = np.concatenate([images.train_x, images.test_x]).reshape(1797, -1)
    from sklearn.datasets import load_digits

    assert np.array_equal(np.sort(rows.sum(axis=1)), np.sort(load_digits().data.sum(axis=1) / 16))


def test_chosen_classes_are_counted_anew_in_the_order_given():
    whole = ImageChoice(name="digits").load()
    some = ImageChoice(name="digits", classes=(7, 2), train=50, test=20).load()
    assert some.classes == ("7", "2")
    assert (len(some.train_y), len(some.test_y)) == (50, 20)
    sevens = whole.train_x[whole.train_y == 7]
    assert np.array_equal(some.train_x[some.train_y == 0], sevens[: (some.train_y == 0).sum()])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "letters"}, "no images 'letters'; known: digits"),
        ({"name": "digits", "train": 5000}, "train: 5000 images are asked for, there are 1200"),
        ({"name": "digits", "classes": (1, 1)}, "a class is named twice"),
        ({"name": "digits", "classes": (1, 10)}, "from 0 to 9"),
    ],
)
def test_what_is_not_there_is_refused_at_once(fields, message):
    with pytest.raises(InputError, match=message):
        ImageChoice(**fields)


def test_too_many_of_some_classes_are_refused_when_read():
    with pytest.raises(InputError, match="train: 900 images are asked for, there are 2"):
        ImageChoice(name="digits", classes=(0, 1), train=900).load()
