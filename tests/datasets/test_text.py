"""The shipped reviews are what their sheet says; the movie reviews are read line by line."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sksequence.datasets import _shipped, fetch_movie_reviews, load_reviews
from sksequence.datasets._text import _read_sentences

SENTIMENTS = ["negative", "positive"]

# The shipped reviews


def test_reviews_are_balanced_in_each_domain():
    reviews = load_reviews()
    assert len(reviews.data) == len(reviews.target) == len(reviews.domain) >= 600
    assert all(isinstance(text, str) for text in reviews.data)
    assert reviews.target_names.tolist() == SENTIMENTS
    counts = Counter(zip(reviews.domain.tolist(), reviews.target.tolist(), strict=True))
    for domain in ("film", "restaurant"):
        assert counts[domain, "negative"] == counts[domain, "positive"] > 100
    assert sum(counts.values()) == sum(
        counts[domain, label] for domain in ("film", "restaurant") for label in SENTIMENTS
    )


def test_no_review_occurs_twice():
    keys = [re.sub(r"\W+", " ", text.lower()).strip() for text in load_reviews().data]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_order_is_random():
    """Runs of equal labels are as many as chance makes them: n / 2 +- sqrt(n) / 2 each."""
    reviews = load_reviews()
    for labels in (reviews.target, reviews.domain):
        p = (labels == labels[0]).mean()
        changes, expected = (labels[1:] != labels[:-1]).sum(), 2 * p * (1 - p) * len(labels)
        assert abs(changes - expected) < 3 * np.sqrt(len(labels)) / 2


def test_sheet_tells_the_truth_about_sizes_and_lengths():
    for domain in (None, "film", "restaurant"):
        texts, labels = load_reviews(domain=domain, return_X_y=True)
        n_words = [len(text.split()) for text in texts]
        row = (
            f"| {domain or 'both'} | {len(texts)} | {(labels == 'negative').sum()} | "
            f"{(labels == 'positive').sum()} | {min(n_words)} words | {np.median(n_words):.0f} | "
            f"{np.mean(n_words):.1f} | {max(n_words)} |"
        )
        assert row in load_reviews().DESCR


def test_counting_words_is_not_enough_and_not_useless():
    """The sheet's first baseline, within what another version of scikit-learn may change."""
    X, y = load_reviews(return_X_y=True)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    accuracy = 100 * cross_val_score(model, X, y, cv=folds).mean()
    (published,) = re.findall(r"\| both \| ([\d.]+) \(", load_reviews().DESCR)
    assert accuracy == pytest.approx(float(published), abs=1)
    assert 65 < accuracy < 90


def test_domain_is_selected():
    everything, films = load_reviews(), load_reviews(domain="film")
    assert set(films.domain.tolist()) == {"film"}
    assert films.data == [
        text
        for text, domain in zip(everything.data, everything.domain, strict=True)
        if domain == "film"
    ]
    with pytest.raises(ValueError, match="domain must be one of 'film', 'restaurant', got 'hote"):
        load_reviews(domain="hotel")


def test_frame_holds_the_same():
    plain, reviews = load_reviews(), load_reviews(as_frame=True)
    assert plain.frame is None
    assert reviews.frame.columns.tolist() == ["text", "sentiment", "domain"]
    assert reviews.data.tolist() == plain.data
    assert isinstance(reviews.target, pd.Series)
    assert reviews.target.tolist() == plain.target.tolist()
    assert reviews.frame["domain"].tolist() == reviews.domain.tolist()
    X, y = load_reviews(return_X_y=True, as_frame=True)
    assert X.equals(reviews.data)
    assert y.equals(reviews.target)


def test_description_and_file_are_named():
    reviews = load_reviews()
    assert "How it was made" in reviews.DESCR
    assert Path(reviews.filename).name == "reviews.csv"
    assert Path(reviews.filename).is_file()


def test_missing_shipped_file_says_where_it_was_looked_for():
    with pytest.raises(FileNotFoundError, match="installation is incomplete") as caught:
        _shipped.shipped_file("no_such.csv")
    for place in ["sksequence/datasets/data/no_such.csv", "datasets/no_such.csv"]:
        assert place in caught.value.args[0].replace("\\", "/")


def test_file_inside_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As in a wheel, where there is no repository around the package."""
    package = tmp_path / "sksequence" / "datasets"
    for folder in (package / "data", tmp_path / "datasets"):
        folder.mkdir(parents=True)
        (folder / "some.csv").write_text("text\n")
    monkeypatch.setattr(_shipped.resources, "files", lambda name: package)
    assert _shipped.shipped_file("some.csv") == package / "data" / "some.csv"
    (package / "data" / "some.csv").unlink()
    assert _shipped.shipped_file("some.csv") == tmp_path / "datasets" / "some.csv"


# The movie reviews


def test_sentences_end_at_line_feeds_only(tmp_path: Path):
    """Byte 0x85 is a letter of other code pages here, not the line break it is in latin-1."""
    path = tmp_path / "sentences"
    path.write_bytes(b"one \x85 two \nna\xefve .\n\n")
    assert _read_sentences(path) == ["one \x85 two", "na\u00efve ."]


def test_movie_reviews(data_dir):
    reviews = fetch_movie_reviews(download_if_missing=False)
    assert len(reviews.data) == 2 * 5331
    assert Counter(reviews.target.tolist()) == {"negative": 5331, "positive": 5331}
    assert reviews.target_names.tolist() == SENTIMENTS
    assert reviews.data[0] == "simplistic , silly and tedious ."
    assert reviews.data[5331].startswith("the rock is destined to be the 21st century's new")
    assert all(text == text.strip() and text for text in reviews.data)
    assert len(set(reviews.data)) == len(reviews.data)
    assert any("\u00e9" in text for text in reviews.data)
    assert [Path(name).parent for name in reviews.filename] == [data_dir / "movie_reviews"] * 2
    assert "Pang" in reviews.DESCR


def test_movie_reviews_as_frame(data_dir):
    X, y = fetch_movie_reviews(return_X_y=True, as_frame=True, download_if_missing=False)
    assert X.name == "text"
    assert y.name == "sentiment"
    assert y.value_counts().to_dict() == {"negative": 5331, "positive": 5331}
    assert X.tolist() == fetch_movie_reviews(download_if_missing=False).data
