"""What the example with spoken digits says, and from whom."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils import Bunch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location(
        "spoken_digits", ROOT / "examples" / "spoken_digits.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_key_sounds_like_two_tones(example):
    rng = np.random.default_rng(0)
    for digit, pair in {"1": (697, 1209), "6": (770, 1477), "0": (941, 1336)}.items():
        sound = example.key(digit, rng)
        spectrum = np.abs(np.fft.rfft(sound, n=example.RATE))  # one hertz apart
        for hertz in pair:
            near = spectrum[hertz - 40 : hertz + 41]
            assert abs(near.argmax() - 40) <= 6
            assert near.max() > 10 * np.median(spectrum)


def test_numbers_have_up_to_seven_digits(example):
    numbers = example.numbers(200, 0, shortest=1)
    assert {len(number) for number in numbers} == set(range(1, 8))
    assert set("".join(numbers)) == set("0123456789")


def test_a_number_is_spoken_by_one_person_in_all_of_their_recordings(example):
    """Recordings that say who and which they are: three people, ten digits, 45 each."""
    marks = [(s, d, r) for s in range(3) for d in range(10) for r in range(45)]
    part = Bunch(
        data=[np.array([mark]) for mark in marks],
        speaker=np.array([s for s, _, _ in marks]),
        target=np.array([str(d) for _, d, _ in marks]),
    )
    texts = example.numbers(600, 0)
    used = set()
    for text, sound in zip(texts, example.voices(texts, part, 0), strict=True):
        assert "".join(map(str, sound[:, 1])) == text
        assert len(set(sound[:, 0])) == 1
        used |= set(map(tuple, sound))
    assert len(used) > 0.8 * len(marks)  # 1 - exp(-3000 / 1350) is 0.89
