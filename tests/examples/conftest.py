"""Examples run to their end: with small stand-ins for public data, and one epoch of training."""

import inspect
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import Bunch

import sksequence.datasets
from sksequence import SequenceArray
from sksequence.training import TrainingPlan

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
N_EPOCHS = 1
AT_MOST = {"make_genes": 12, "make_adding_problem": 300}


def _split(X, y, split, return_X_y):
    """Halves under their names, or one of them."""
    half = len(X) // 2
    parts = {"train": Bunch(data=X[:half], target=y[:half])}
    parts["test"] = Bunch(data=X[half:], target=y[half:])
    if split is None:
        return Bunch(**parts)
    one = parts["train" if split == "train" else "test"]
    return (one.data, one.target) if return_X_y else one


def _reviews(n):
    X, y = sksequence.datasets.load_reviews(return_X_y=True)
    return list(X[:n]), np.asarray(y[:n])


def labelled_sentences(domain=None, return_X_y=False):
    """Shipped reviews."""
    return _reviews(80)


def movie_reviews(return_X_y=False):
    """Shipped reviews, some of them longer than thirty words."""
    return _reviews(200)


def sst2(split=None, return_X_y=False):
    """Shipped reviews in parts."""
    return _split(*_reviews(160), split, return_X_y)


def surnames(drop_duplicates=False, return_X_y=False):
    """Syllables of five languages."""
    syllables = {"Arabic": "ha ma ab", "English": "ton wood ley", "Italian": "ri no celli"}
    syllables |= {"Japanese": "ka mo to", "Russian": "ov ski pet"}
    rng = np.random.default_rng(0)
    X = [
        "".join(rng.choice(parts.split(), size=3))
        for parts in syllables.values()
        for _ in range(40)
    ]
    return X, np.repeat(list(syllables), 40)


def splice(return_X_y=False):
    """Chance, with the two letters at the middle of an intron's ends."""
    rng = np.random.default_rng(0)
    bases = rng.choice(list("ACGT"), size=(120, 60))
    y = np.tile(["EI", "IE", "N"], 40)
    bases[y == "EI", 30:32], bases[y == "IE", 28:30] = list("GT"), list("AG")
    return ["".join(row) for row in bases], y


def ecoli_promoters(return_X_y=False):
    """Drawn promoters."""
    X, y = sksequence.datasets.make_promoters(90, length=81, random_state=0)
    return [sequence.upper() for sequence in X], y


def m4(subset=None):
    """Days of a shape of their own, at levels of their own."""
    rng = np.random.default_rng(0)
    hours = np.arange(-279, 49)
    parts = {}
    for i in range(60):
        course = rng.normal(size=2) @ np.stack([np.sin(hours / 24 * 2 * np.pi), np.ones(328)])
        noise = 0.05 * rng.normal(size=len(hours))
        parts[f"H{i + 1}"] = pd.Series(
            10 ** rng.uniform(1, 4) * np.exp(0.3 * course + noise), hours
        )
    both = pd.concat(parts, names=["series", "step"]).rename("value")
    step = both.index.get_level_values("step")
    return Bunch(train=both[step <= 0], test=both[step > 0])


def seattle_weather():
    """A course of the year, and noise."""
    days = pd.date_range("2012-01-01", "2015-12-31", freq="D", name="date")
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * days.day_of_year.to_numpy() / 365.25
    warm = 15 - 8 * np.cos(angle) + rng.normal(0, 2, len(days))
    frame = pd.DataFrame({"temp_max": warm, "temp_min": warm - 7}, index=days)
    frame["precipitation"], frame["wind"] = rng.gamma(0.5, 4, len(days)), rng.gamma(4, 1, len(days))
    frame["year_sin"], frame["year_cos"] = np.sin(angle), np.cos(angle)
    return Bunch(frame=frame, target=frame["temp_max"])


def japanese_vowels():
    """Nine speakers, each at a place of their own."""
    rng = np.random.default_rng(0)
    y = np.tile([str(i) for i in range(1, 10)], 14)
    places = rng.normal(size=(9, 12))
    steps = [rng.normal(places[int(k) - 1], 0.3, (rng.integers(7, 30), 12)) for k in y]
    return _split(SequenceArray.from_list(steps), y, None, False)


def mnist(split=None, return_X_y=False):
    """A bright row for each digit."""
    y = np.tile(np.arange(10), 20)
    X = np.random.default_rng(0).integers(0, 90, size=(200, 28, 28)).astype(np.uint8)
    X[np.arange(200), 2 * y + 3] = 250
    return _split(X, y, split, return_X_y)


def multi30k(split=None, return_X_y=False):
    """Colours and animals."""
    words = {"roter": "red", "alter": "old", "kleiner": "small", "Hund": "dog", "Mann": "man"}
    words["Baum"] = "tree"
    german, english = list(words), list(words.values())
    chosen = [(i % 3, 3 + i // 3 % 3, 3 + i // 9 % 3) for i in range(54)]
    X = [f"Ein {german[a]} {german[b]} und ein {german[c]}." for a, b, c in chosen]
    return X, [f"A {english[a]} {english[b]} and a {english[c]}." for a, b, c in chosen]


def conll2003():
    """Sentences with a person, a place and, sometimes, an organisation."""
    rng = np.random.default_rng(0)
    X, y = [], []
    for _ in range(120):
        person, place = (
            str(name).title() for name in rng.choice(["mara", "olin", "tesk", "berno"], 2)
        )
        X.append(["on", "Monday", person, "flew", "from", f"{place}ville", "to", "Acorp", "."])
        y.append(["O", "O", "I-PER", "O", "O", "I-LOC", "O", "I-ORG", "O"])
    return _split(X, y, None, False)


def occupancy(by_day=False):
    """Days with light where somebody is there."""
    rng = np.random.default_rng(0)
    inside = np.zeros(1440, dtype=bool)
    inside[500:1000] = True
    days = [np.outer(inside, [2, 1, 300, 400, 0.1]) + rng.normal(size=(1440, 5)) for _ in range(4)]
    labels = [np.where(inside, "occupied", "empty")] * 2
    parts = (
        Bunch(data=SequenceArray.from_list(half), target=labels) for half in (days[:2], days[2:])
    )
    return Bunch(**dict(zip(("train", "test_open"), parts, strict=True)))


def spoken_digits():
    """Two people who whistle: a pitch for each digit."""
    t = np.arange(1000) / 8000
    recordings = [(s, str(d)) for s in range(2) for d in range(10)]
    sounds = [np.sin(2 * np.pi * (300 + 150 * int(d) + 40 * s) * t) for s, d in recordings]
    speaker, target = (np.array(side) for side in zip(*recordings, strict=True))
    part = Bunch(data=sounds, speaker=speaker, target=target)
    return Bunch(train=part, test=part)


def tiny_shakespeare():
    """One speech over and over."""
    return Bunch(data="A KING:\nWho calls at this door,\nthe night is long.\n\n" * 300)


def jsb_chorales():
    """Two chords in turn."""
    roll = np.zeros((70, 88), dtype=np.float32)
    roll[::2, [39, 43, 46]], roll[1::2, [41, 44, 48]] = 1, 1
    return _split([np.roll(roll, i, axis=1) for i in range(12)], np.zeros(12), None, False)


def missing(**settings):
    """No data: the example has to do without."""
    raise OSError("not at hand")


STAND_INS = {
    "conll2003": conll2003,
    "ecoli_promoters": ecoli_promoters,
    "hong_kong_rainfall": missing,
    "japanese_vowels": japanese_vowels,
    "jsb_chorales": jsb_chorales,
    "labelled_sentences": labelled_sentences,
    "m4": m4,
    "mnist": mnist,
    "movie_reviews": movie_reviews,
    "multi30k": multi30k,
    "occupancy": occupancy,
    "seattle_weather": seattle_weather,
    "sp500": missing,
    "splice": splice,
    "spoken_digits": spoken_digits,
    "sst2": sst2,
    "surnames": surnames,
    "tiny_shakespeare": tiny_shakespeare,
}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run an example; its names, what it prints and how many pictures it shows."""
    from matplotlib import pyplot as plt

    check = TrainingPlan.__post_init__

    def shorter(plan):
        check(plan)
        object.__setattr__(plan, "max_epochs", min(plan.max_epochs, N_EPOCHS))

    monkeypatch.setattr(TrainingPlan, "__post_init__", shorter)
    for name, stand_in in STAND_INS.items():
        real = inspect.signature(getattr(sksequence.datasets, f"fetch_{name}"))

        def fetch(stand_in=stand_in, real=real, **settings):
            real.bind(**settings)  # a word that the real one does not know
            return stand_in(**settings)

        monkeypatch.setattr(sksequence.datasets, f"fetch_{name}", fetch)
    for name, most in AT_MOST.items():
        real = getattr(sksequence.datasets, name)

        def make(n, real=real, most=most, **settings):
            return real(min(n, most), **settings)

        monkeypatch.setattr(sksequence.datasets, name, make)
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_fignums()) or plt.close("all"))

    def go(name):
        found = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return found, capsys.readouterr().out, len(shown)

    yield go
    plt.close("all")
