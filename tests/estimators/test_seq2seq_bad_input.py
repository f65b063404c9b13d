"""What Seq2SeqTransformer cannot use is refused with a message that says what to do."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from sksequence import Seq2SeqTransformer, SequenceArray, TokenEncoder

X = ["the cat sat", "a dog ran far away", "the dog sat", "a cat ran"] * 2
Y = ["le chat", "un chien est loin", "le chien", "un chat"] * 2
CURVES = [np.arange(n, dtype=float) for n in [3, 5, 2, 4] * 2]
HALVES = [curve[::2] for curve in CURVES]
IDS = SequenceArray.from_list([[0, 1], [2], [1, 1, 1], [0]] * 2, n_tokens=3)


def quick(**parameters):
    defaults = {"hidden_size": 3, "embedding_size": 3, "max_epochs": 1, "random_state": 0}
    return Seq2SeqTransformer(**{**defaults, **parameters})


def put(rows, i, value):
    return [*rows[:i], value, *rows[i + 1 :]]


BAD = {
    "fewer targets": (X, Y[:-1], ValueError, "X has 8 sequences, but y has 7 targets: give one"),
    "more targets": (X[:-1], Y, ValueError, "X has 7 sequences, but y has 8 targets"),
    "empty source": (
        put(X, 3, ""),
        Y,
        ValueError,
        r"^in X: document 3 \(''\) has no token, but Seq2SeqTransformer needs at least one in "
        r"each: drop it \(and the same row of y\)",
    ),
    "blank source": (put(X, 3, "  "), Y, ValueError, r"^in X: document 3 \('  '\) has no token"),
    "empty target": (X, put(Y, 3, ""), ValueError, r"^in y: document 3 \(''\) has no token"),
    "empty first target": (X, put(Y, 0, ""), ValueError, r"^in y: document 0 \(''\) has no token"),
    "empty tokens": (
        X,
        [[], *(y.split() for y in Y[1:])],
        ValueError,
        r"^in y: document 0 \(\[\]\) has no token",
    ),
    "empty curve": (
        CURVES,
        put(HALVES, 3, np.array([])),
        ValueError,
        "^in y: sequence 3 is empty, but Seq2SeqTransformer needs at least one step",
    ),
    "empty source of numbers": (put(CURVES, 2, []), HALVES, ValueError, "sequence 2 is empty"),
    "NaN in X": (
        put(CURVES, 2, [1.0, np.nan]),
        HALVES,
        ValueError,
        "^Input X contains NaN: sequence 2, step 1. Seq2SeqTransformer does not accept missing",
    ),
    "NaN in y": (
        CURVES,
        put(HALVES, 2, [1.0, np.nan]),
        ValueError,
        "^Input y contains NaN: sequence 2, step 1. Seq2SeqTransformer does not accept missing",
    ),
    "infinity in y": (CURVES, put(HALVES, 2, [np.inf]), ValueError, "^Input y contains infinity"),
    "missing text": (put(X, 1, None), Y, ValueError, r"^in X: .* no text as document 1 \(None\)"),
    "missing first text": (put(X, 0, np.nan), Y, ValueError, "no text as document 0 .nan"),
    "missing in a Series": (X, pd.Series(put(Y, 4, None)), ValueError, "^in y: .* document 4"),
    "bare X": (
        "one text",
        Y,
        TypeError,
        r"^in X: Seq2SeqTransformer got one bare string \('one text'\), but expected a list",
    ),
    "bare y": (X, "one text", TypeError, "^in y: Seq2SeqTransformer got one bare string"),
    "no y": (X, None, ValueError, "requires y to be passed, but the target y is None"),
    "no X": (None, Y, ValueError, "expected sources, but X is None"),
    "no pairs": ([], [], ValueError, r"an empty list \(0 sample\(s\)\), but a minimum of 1"),
    "generator": ((x for x in X), Y, TypeError, "^in X: .*generator, which can be read only once"),
    "dict": ({"a": 1}, Y, TypeError, "^in X: Seq2SeqTransformer expected documents .*, got dict"),
    "number": (X, 3, TypeError, "^in y: Seq2SeqTransformer expected sequences .*, got int"),
    "text among numbers": (put(CURVES, 1, "far"), HALVES, TypeError, "sequence 1 holds text"),
    "numbers among text": (X, put(Y, 1, 3.0), TypeError, "^in y: .*document 1"),
    "unequal features": (
        CURVES,
        put(HALVES, 1, [[1.0, 2.0]]),
        ValueError,
        "^in y: sequence 1 has steps of shape",
    ),
    "two channels of y": (
        CURVES,
        SequenceArray.from_list(CURVES).with_channel("b", SequenceArray.from_list(CURVES).only),
        ValueError,
        r"y has the channels \['values', 'b'\], but Seq2SeqTransformer writes one: choose it",
    ),
    "texts and tokens in X": (
        put(X, 2, ["the", "dog"]),
        Y,
        TypeError,
        r"^X\[2\] is a list of tokens \(\['the', 'dog'\]\), but X\[0\] is a text .*: "
        "give either texts or lists of tokens, not both",
    ),
    "tokens and texts in y": (
        X,
        put([y.split() for y in Y], 5, "un chat"),
        TypeError,
        r"^y\[5\] is a text \('un chat'\), but y\[0\] is a list of tokens",
    ),
    "one number each": (
        CURVES,
        np.arange(8.0),
        ValueError,
        r"^y has the shape \(8,\), a number each, but Seq2SeqTransformer writes sequences: for one "
        r"number a sequence use RNNRegressor, for one label RNNClassifier; .*\(y, \(-1, 1\)\)\.$",
    ),
    "a list of numbers": (CURVES, [1] * 8, ValueError, r"^y has the shape \(8,\).*RNNRegressor"),
    "a Series of numbers": (X, pd.Series(range(8)), ValueError, r"^y has the shape \(8,\)"),
    "sources of one number": (
        np.arange(1000.0),
        ["a b"] * 1000,
        ValueError,
        r"^Expected 2D array, got 1D array instead: X has the shape \(1000,\), .*Reshape your data",
    ),
    "rare words": (X, Y, ValueError, "^in X: the vocabulary would be empty: no token occurs"),
}


@pytest.mark.parametrize("name", BAD)
def test_fit_says_where_and_what(name):
    sources, targets, kind, message = BAD[name]
    options = {"min_count": 99} if name == "rare words" else {}
    with pytest.raises(kind, match=message):
        quick(**options).fit(sources, targets)


def test_unequal_numbers_with_weights():
    with pytest.raises(ValueError, match="X has 8 sequences, but y has 7 targets"):
        quick().fit(X, Y[:-1], sample_weight=[0.0] + [1.0] * 7)
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\), expected \(8,\)"):
        quick().fit(X, Y, sample_weight=[1.0] * 3)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        quick().fit(X, Y, sample_weight=[-1.0] + [1.0] * 7)
    with pytest.raises(ValueError, match="at least one non-zero"):
        quick().fit(X, Y, sample_weight=np.zeros(8))


def test_targets_in_another_order_than_the_sources():
    frames = [pd.DataFrame({"v": curve}) for curve in CURVES[:4]]
    sources = pd.concat(frames, keys=list("abcd"))
    targets = pd.Series(Y[:4], index=list("badc"))
    with pytest.raises(ValueError, match="in another order than X: position 0 is 'b' in y"):
        quick().fit(sources, targets)


PARAMETERS = {
    "attention": (["bahdanau", 1, True], "must be a str among .*'additive', 'dot'"),
    "teacher_forcing": (
        [(1, 2), (1.0, 0.5, 0.0), ("a", "b"), (), [0.5], (np.nan, 1.0)],
        r"teacher_forcing must be a number in \[0, 1\], or two of them \(for the start and the end",
    ),
    "label_smoothing": ([1.0, -0.1], "label_smoothing"),
    "beam_size": ([0, 2.5], "beam_size"),
    "length_penalty": ([-1.0], "length_penalty"),
    "max_steps": ([0, 1.5], "max_steps"),
    "analyzer": (["words", 3], "analyzer"),
    "context_at": (["first"], "context_at"),
    "hidden_size": ([0, []], "hidden_size"),
    "cell": (["gated"], "cell"),
    "dropout": ([1.0, "auto"], "dropout"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    values, message = PARAMETERS[name]
    for value in values:
        with pytest.raises(ValueError, match=message):
            quick(**{name: value}).fit(X, Y)


@pytest.mark.parametrize("value", [-0.5, 1.5, "full", None])
def test_a_share_of_truth(value):
    with pytest.raises(ValueError, match="teacher_forcing"):
        quick(teacher_forcing=value).fit(X, Y)


@pytest.fixture(scope="module")
def fitted():
    return {
        "text": quick().fit(X, Y),
        "numbers": quick().fit(CURVES, HALVES),
        "symbols": quick().fit(IDS, IDS),
    }


OTHER = SequenceArray.from_list([[0, 3]], n_tokens=4)
AFTER = {
    "text for numbers": (
        "numbers",
        X,
        TypeError,
        r"^X \(list\) holds text, but Seq2SeqTransformer was fitted on numbers: give the same kind",
    ),
    "tokens for numbers": ("numbers", [x.split() for x in X], TypeError, "holds text"),
    "numbers for text": (
        "text",
        CURVES,
        TypeError,
        r"^X \(list\) holds no text, but Seq2SeqTransformer was fitted on texts: give the same",
    ),
    "array for text": ("text", np.ones((2, 3)), TypeError, r"X \(ndarray\) holds no text"),
    "symbols for text": ("text", IDS, TypeError, r"X \(SequenceArray\) holds no text"),
    "text for symbols": ("symbols", X, TypeError, "was fitted on a SequenceArray of symbols"),
    "numbers for symbols": ("symbols", CURVES, ValueError, "holds numeric, but .* symbols"),
    "another vocabulary": ("symbols", OTHER, ValueError, "4 symbols, but .* was fitted on 3"),
    "features": (
        "numbers",
        [np.ones((2, 3))],
        ValueError,
        "X has 3 features, but Seq2SeqTransformer is expecting 1 features",
    ),
    "empty list": ("text", [], ValueError, r"0 documents \(0 sample\(s\)\), but a minimum of 1"),
    "empty list of numbers": ("numbers", [], ValueError, "minimum of 1"),
    "bare string": ("text", "the cat", TypeError, "got one bare string"),
    "bare string for numbers": ("numbers", "the cat", TypeError, "one bare string"),
    "empty text": ("text", ["the", ""], ValueError, r"^in X: document 1 \(''\) has no token"),
    "None": ("text", None, TypeError, "holds no text"),
    "NaN": ("numbers", [[1.0, np.nan]], ValueError, "Input X contains NaN: sequence 0, step 1"),
}


@pytest.mark.parametrize("name", AFTER)
def test_transform_says_what_it_was_fitted_on(fitted, name):
    which, sources, kind, message = AFTER[name]
    for method in ("transform", "encode", "align"):
        with pytest.raises(kind, match=message):
            getattr(fitted[which], method)(sources)


def test_targets_of_another_kind(fitted):
    with pytest.raises(TypeError, match=r"^y \(list\) holds no text, but .* fitted on texts"):
        fitted["text"].score_samples(X, HALVES)
    with pytest.raises(TypeError, match=r"^y \(list\) holds text, but .* fitted on numbers"):
        fitted["numbers"].score(CURVES, Y)
    with pytest.raises(ValueError, match="y has a vocabulary of 4 symbols"):
        fitted["symbols"].score(IDS[:1], OTHER)
    with pytest.raises(ValueError, match="X has 8 sequences, but y has 7 targets"):
        fitted["text"].perplexity(X, Y[:-1])
    with pytest.raises(ValueError, match="sample_weight does not enter BLEU"):
        fitted["text"].score(X, Y, sample_weight=np.ones(8))


def test_references_are_for_score_alone(fitted):
    several = [[target, "un lapin"] for target in Y]
    with pytest.raises(TypeError, match=r"^y\[0\] is a list of tokens .*fitted on texts: .*score"):
        fitted["text"].score_samples(X, several)
    with pytest.raises(TypeError, match=r"^y_val\[0\] is a list of tokens .*fitted on texts"):
        quick().fit(X, Y, X_val=X, y_val=several)
    with pytest.raises(TypeError, match=r"^X\[1\] is a list of tokens .*but X\[0\] is a text"):
        fitted["text"].transform([X[0], X[1].split()])
    with pytest.warns(UserWarning, match=r"^y\[0\] is a list that holds 'le chat', .* give str"):
        quick().fit(X, several)
    with pytest.warns(UserWarning, match="^each list of y holds one string, which is one token"):
        quick().fit(X, [["chat"], ["chien"]] * 4)


def test_integers_of_several_lengths_are_numbers_and_it_is_said():
    y = [[3, 2, 1], [5, 4]] * 4
    with pytest.warns(
        UserWarning, match=r"learned as numbers .*from_list\(y, n_tokens=\.\.\.\)"
    ) as w:
        written = quick().fit(X, y).transform(X)
    assert len(w) == 1
    assert w[0].filename == __file__
    assert written[0].dtype.kind == "f"
    for silent in (
        [[3.0, 2.0, 1.0], [5.0, 4.0]] * 4,
        [[3, 2], [5, 4]] * 4,
        SequenceArray.from_list(y, n_tokens=6),
    ):
        quick().fit(X, silent)


def test_coverage_needs_attention(fitted):
    message = (
        r"coverage_penalty=0\.5 of Seq2SeqTransformer needs attention.* set coverage_penalty=0"
    )
    model = quick(attention=None, coverage_penalty=0.5)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        model.transform(X)
    model.set_params(coverage_penalty=0.0).fit(X, Y).set_params(coverage_penalty=0.5)
    with pytest.raises(ValueError, match=message):
        model.transform(X)


def test_words_that_come_with_later_targets():
    """They are counted, unless there were as many unknown ones at first."""
    model = quick(warm_start=True).fit(X, Y)
    with pytest.warns(UserWarning, match=r"^2 of 20 tokens of y are not in the vocab.* fit anew"):
        model.fit(X, put(put(Y, 0, "le lapin"), 1, "un cheval est loin"))
    with pytest.warns(UserWarning, match=r"^1 of 28 tokens of X are not in the vocabulary"):
        model.fit(put(X, 0, "the horse sat"), Y)
    assert quick(warm_start=True, min_count=3).fit(X, Y).fit(X, Y).n_epochs_ == 2


def test_longer_sources_are_mentioned_once(fitted):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for n in (9, 12, 15):
            fitted["text"].transform([" ".join(["cat"] * n)])
    assert [str(w.message) for w in caught] == [
        "some sources are longer than all that Seq2SeqTransformer was trained on (the longest had "
        "5 steps): what it writes for them may be poor."
    ]


def test_the_most_probable_symbol_is_not_drawn(fitted):
    with pytest.raises(ValueError, match="use top_k=1"):
        fitted["text"].sample(X, temperature=0)


@pytest.mark.parametrize("method", ["transform_n_best", "sample", "score_samples", "perplexity"])
def test_symbols_alone_have_probabilities(fitted, method):
    given = (CURVES,) if method in ("transform_n_best", "sample") else (CURVES, HALVES)
    with pytest.raises(ValueError, match=rf"{method} needs targets of symbols .* on numbers"):
        getattr(fitted["numbers"], method)(*given)


def test_another_vocabulary_of_the_same_size():
    one, other = TokenEncoder().fit(["a b c"]), TokenEncoder().fit(["d e f"])
    model = quick().fit(one.transform(["a b", "c"]), ["x", "y z"])
    with pytest.raises(ValueError, match="encoded with another vocabulary than Seq2SeqTransformer"):
        model.transform(other.transform(["d e"]))


def test_validation_data(fitted):
    for X_val, y_val, kind, message in (
        (X, None, ValueError, "X_val and y_val go together: one of them is missing"),
        (None, Y, ValueError, "X_val and y_val go together"),
        (CURVES, Y, TypeError, r"^X_val \(list\) holds no text, but .* fitted on texts"),
        (X, HALVES, TypeError, r"^y_val \(list\) holds no text"),
        (X, Y[:-1], ValueError, "X_val has 8 sequences, but y_val has 7 targets"),
        (put(X, 2, ""), Y, ValueError, r"^in X_val: document 2 \(''\) has no token"),
    ):
        with pytest.raises(kind, match=message):
            quick().fit(X, Y, X_val=X_val, y_val=y_val)
    wide = [np.column_stack([half, half]) for half in HALVES]
    with pytest.raises(ValueError, match=r"y_val has 2 features, but .* expecting 1"):
        quick().fit(CURVES, HALVES, X_val=CURVES, y_val=wide)


CHANGES = {
    "hidden_size": [4, [3, 3]],
    "cell": ["gru"],
    "attention": ["dot", None],
    "bidirectional": [False],
    "input_feeding": [False],
    "embedding_size": [5],
    "tie_embeddings": [True],
    "context_at": ["both"],
    "analyzer": ["char"],
    "min_count": [2],
    "max_tokens": [3],
    "lowercase": [False],
}


@pytest.mark.parametrize("name", CHANGES)
def test_training_goes_on_with_the_network_that_is_there(name):
    model = quick(warm_start=True).fit(X, Y)
    for value in CHANGES[name]:
        model.set_params(**{name: value})
        with pytest.raises(ValueError, match=rf"^{name} changed since the first fit, .*warm_start"):
            model.fit(X, Y)
    assert len(clone_params(model, name).fit(X, Y).history_) == 2


def clone_params(model, name):
    """Set it back, and it goes on."""
    return model.set_params(**{name: quick().get_params()[name]})


def test_going_on_with_other_data():
    model = quick(warm_start=True).fit(X, Y)
    with pytest.raises(TypeError, match="holds no text"):
        model.fit(CURVES, Y)
    assert model.transform(X)  # it is there still


@pytest.mark.parametrize(
    ("name", "value"),
    [("beam_size", 0), ("beam_size", "wide"), ("max_steps", 0), ("length_penalty", -1.0)],
)
def test_what_is_read_at_transform_is_checked_there(name, value):
    model = quick().fit(X, Y).set_params(**{name: value})
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Seq2SeqTransformer must be"):
        model.transform(X)


def test_arguments_of_searches(fitted):
    model = fitted["text"]
    for n_best in (0, 2.5, True):
        with pytest.raises(ValueError, match="n_best must be an integer >= 1, got"):
            model.transform_n_best(X, n_best)
    for max_steps in (0, 1.5):
        with pytest.raises(ValueError, match="max_steps must be an integer >= 1, got"):
            model.sample(X, max_steps=max_steps)
    with pytest.raises(ValueError, match="temperature must be a number > 0"):
        model.sample(X, temperature=0.0)
    with pytest.raises(ValueError, match=r"top_p must be a number in \(0, 1\]"):
        model.sample(X, top_p=1.5)


def test_what_was_never_seen_can_be_read(fitted):
    assert len(fitted["text"].transform(["ß ç ñ", "zebra", "\N{SNOWMAN}"])) == 3
    chars = quick(analyzer="char").fit(X, Y)
    assert len(chars.transform(["ß\N{SNOWMAN}ñ"])) == 1
    assert np.isfinite(chars.score_samples(["ß"], ["ñ"])).all()
    assert np.isfinite(fitted["text"].score_samples(["ß"], ["une souris"])).all()


@pytest.mark.parametrize("method", ["transform", "encode", "align", "sample", "predict"])
def test_before_fit(method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(quick(), method)(X)
    for method in ("score", "score_samples", "perplexity"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(quick(), method)(X, Y)
