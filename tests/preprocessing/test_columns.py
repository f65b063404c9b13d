"""SequenceColumns: a sequence and its context from the columns of a DataFrame."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder

from sksequence import PerStep, SequenceArray, SequenceColumns, SequenceScaler, TokenEncoder

FRAME = pd.DataFrame(
    {
        "review": ["Cold soup.", "A kind waiter!", "The soup was cold.", "Kind!"] * 3,
        "words": [["cold", "soup"], ["kind"], ["soup"], ["a", "b", "c"]] * 3,
        "pulse": [[70.0, 72.0], [64.0], [80.0, 81.0, 79.0], [60.0]] * 3,
        "age": [31, 58, 40, 25] * 3,
        "regular": [True, False, False, True] * 3,
        "city": ["Bern", "Oslo", "Bern", "Rome"] * 3,
        "jan": np.arange(12.0),
        "feb": np.arange(12.0) ** 2,
    },
    index=[f"guest {i}" for i in range(12)],
)
LABELS = np.array(["bad", "good", "bad", "good"] * 3)


def encode_cities():
    return make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")


# The sequence


def test_text_goes_through_a_tokenencoder_by_default():
    X = SequenceColumns("review").fit_transform(FRAME)
    expected = TokenEncoder().fit_transform(FRAME["review"])
    assert X.values.tolist() == expected.values.tolist()
    assert X.context is None
    lists = SequenceColumns("words").fit(FRAME)
    assert isinstance(lists.sequence_transformer_, TokenEncoder)
    assert lists.sequence_transformer is None


def test_transformer_of_the_sequence():
    columns = SequenceColumns("review", sequence_transformer=TokenEncoder("char", min_count=4))
    X = columns.fit_transform(FRAME)
    expected = TokenEncoder("char", min_count=4).fit_transform(FRAME["review"])
    assert X.values.tolist() == expected.values.tolist()
    assert not hasattr(columns.sequence_transformer, "vocabulary_"), "it is cloned"


def test_lists_of_numbers_are_taken_as_they_are():
    columns = SequenceColumns("pulse").fit(FRAME)
    X = columns.transform(FRAME)
    assert columns.sequence_transformer_ is None
    assert X.lengths.tolist() == [2, 1, 3, 1] * 3
    assert X[2][:, 0].tolist() == [80.0, 81.0, 79.0]


def test_pipeline_as_transformer():
    inner = make_pipeline(SequenceScaler(), PerStep(PCA(1)))
    X = SequenceColumns("pulse", sequence_transformer=inner).fit_transform(FRAME)
    assert_allclose(np.abs(X.values), np.abs(SequenceScaler().fit_transform(FRAME["pulse"]).values))


@pytest.mark.parametrize("transformer", [None, SequenceScaler()])
def test_list_of_columns_is_one_series_a_row(transformer):
    columns = SequenceColumns(["jan", "feb"], sequence_transformer=transformer)
    X = columns.fit_transform(FRAME)
    assert isinstance(X, SequenceArray)
    table = FRAME[["jan", "feb"]].to_numpy()
    if transformer is not None:
        table = (table - table.mean()) / table.std()
    assert_allclose(X.to_padded()[:, :, 0], table)


def test_one_column_in_a_list():
    X = SequenceColumns(["review"]).fit_transform(FRAME)
    expected = SequenceColumns("review").fit_transform(FRAME)
    assert X.values.tolist() == expected.values.tolist()


# The context


def test_numbers_and_truth_values_become_the_context():
    X = SequenceColumns("review", context=["regular", "age"]).fit_transform(FRAME)
    assert X.context[:4].tolist() == [[1.0, 31.0], [0.0, 58.0], [0.0, 40.0], [1.0, 25.0]]
    one = SequenceColumns("review", context="age").fit_transform(FRAME)
    assert one.context[:, 0].tolist() == FRAME["age"].tolist()


@pytest.mark.parametrize("sparse_threshold", [0.0, 1.0])
def test_transformer_of_the_context(sparse_threshold):
    inner = encode_cities().set_params(sparse_threshold=sparse_threshold)
    columns = SequenceColumns("review", context=["age", "city"], context_transformer=inner)
    X = columns.fit_transform(FRAME)
    expected = encode_cities().fit_transform(FRAME[["age", "city"]])
    assert_allclose(X.context, expected)
    assert_allclose(columns.transform(FRAME).context, expected)


def test_transformer_that_gives_frames():
    inner = StandardScaler().set_output(transform="pandas")
    columns = SequenceColumns("pulse", context=["age", "jan"], context_transformer=inner)
    expected = StandardScaler().fit_transform(FRAME[["age", "jan"]])
    assert_allclose(columns.fit_transform(FRAME).context, expected)


def test_target_reaches_the_transformers():
    columns = SequenceColumns(
        "review", context=["city"], context_transformer=TargetEncoder(cv=KFold(3))
    )
    X = columns.fit(FRAME, LABELS).transform(FRAME)
    direct = TargetEncoder(cv=KFold(3)).fit(FRAME[["city"]], LABELS)
    assert_allclose(X.context, direct.transform(FRAME[["city"]]))
    assert columns.__sklearn_tags__().target_tags.required
    assert not SequenceColumns("review").__sklearn_tags__().target_tags.required


def test_columns_chosen_by_a_callable():
    selector = make_column_selector(dtype_include="number")
    columns = SequenceColumns("review", context=selector).fit(FRAME)
    assert columns.context_columns_ == ["age", "jan", "feb"]
    assert columns.transform(FRAME).context.shape == (12, 3)


def test_missing_context_is_left_to_who_fills_it():
    frame = FRAME.assign(age=FRAME["age"].astype("Int64").mask(FRAME["age"] > 50))
    X = SequenceColumns("review", context=["age"]).fit_transform(frame)
    assert np.isnan(X.context[1, 0])
    filled = SequenceColumns("review", context=["age"], context_transformer=SimpleImputer())
    assert filled.fit_transform(frame).context[1, 0] == 32.0


def test_single_precision_is_kept():
    frame = FRAME.astype({"jan": np.float32, "feb": np.float32})
    X = SequenceColumns("review", context=["jan", "feb"]).fit_transform(frame)
    assert X.context.dtype == np.float32
    mixed = SequenceColumns("review", context=["jan", "age"]).fit_transform(frame)
    assert mixed.context.dtype == np.float64


def test_context_follows_its_sequence():
    X = SequenceColumns("pulse", context=["age"]).fit_transform(FRAME)
    for i in (2, 5, 11):
        assert X[[i]].context[0, 0] == FRAME["age"].iloc[i]
        assert X[[i]][0][:, 0].tolist() == FRAME["pulse"].iloc[i]


# Columns


def test_other_and_reordered_columns_do_not_matter():
    columns = SequenceColumns("pulse", context=["age", "jan"]).fit(FRAME)
    fewer = FRAME[["jan", "pulse", "age"]]
    assert columns.transform(fewer).context.tolist() == columns.transform(FRAME).context.tolist()
    assert columns.n_features_in_ == 8
    assert columns.feature_names_in_.tolist() == list(FRAME)


def test_columns_need_no_text_names():
    frame = pd.DataFrame({0: ["a b", "c"], 1: [1.0, 2.0]})
    columns = SequenceColumns(0, context=[1]).fit(frame)
    assert columns.transform(frame).context.tolist() == [[1.0], [2.0]]
    assert not hasattr(columns, "feature_names_in_")


def test_feature_names():
    columns = SequenceColumns(
        "words", context=["age", "city"], context_transformer=encode_cities()
    ).fit(FRAME)
    names = columns.get_feature_names_out().tolist()
    assert names[:3] == ["sequence__<unk>", "sequence__soup", "sequence__cold"]
    assert names[-4:] == [
        "context__onehotencoder__city_Bern",
        "context__onehotencoder__city_Oslo",
        "context__onehotencoder__city_Rome",
        "context__remainder__age",
    ]
    plain = SequenceColumns("pulse", context=["age"]).fit(FRAME)
    assert plain.get_feature_names_out().tolist() == ["sequence__x0", "context__age"]
    assert SequenceColumns("pulse").fit(FRAME).get_feature_names_out().tolist() == ["sequence__x0"]


# Bad input


@pytest.mark.parametrize(
    ("settings", "X", "error", "message"),
    [
        ({"sequence": "text"}, FRAME, ValueError, r"needs the column 'text', but X has the colum"),
        ({"sequence": ["jan", "mar"]}, FRAME, ValueError, "needs the column 'mar'"),
        ({"sequence": "review", "context": ["size"]}, FRAME, ValueError, "the column 'size'"),
        ({"sequence": "review"}, ["a text"], TypeError, "reads the columns of a DataFrame, got li"),
        ({"sequence": "review"}, FRAME["review"], TypeError, "of a DataFrame, got Series"),
        ({"sequence": "review"}, FRAME[:0], ValueError, r"with 0 rows \(0 sample\(s\)\)"),
        (
            {"sequence": "age"},
            FRAME,
            ValueError,
            r"sequence 0 is a single .* \(31\): expected an array of steps",
        ),
        (
            {"sequence": "review", "context": ["age", "city"]},
            FRAME,
            TypeError,
            r"the context columns \['city'\] hold no numbers: encode them.*OneHotEncoder",
        ),
        (
            {
                "sequence": "review",
                "context": "city",
                "context_transformer": FunctionTransformer(np.asarray),
            },
            FRAME,
            TypeError,
            r"context_transformer=FunctionTransformer\(.* made values of dtype .* not numbers",
        ),
        (
            {
                "sequence": "review",
                "sequence_transformer": FunctionTransformer(
                    lambda texts: np.zeros((len(texts), 2))
                ),
            },
            FRAME,
            TypeError,
            r"made an array of shape \(12, 2\) of the column 'review', not sequences",
        ),
        (
            {"sequence": "review"},
            FRAME.assign(review=["a", None] * 6),
            ValueError,
            "TokenEncoder got no text as document 1",
        ),
    ],
)
def test_what_is_refused(settings, X, error, message):
    with pytest.raises(error, match=message):
        SequenceColumns(**settings).fit(X)


def test_column_missing_at_transform():
    columns = SequenceColumns("review", context=["age"]).fit(FRAME)
    with pytest.raises(ValueError, match="SequenceColumns needs the column 'age', but X has"):
        columns.transform(FRAME[["review"]])
    with pytest.raises(ValueError, match="not fitted yet"):
        SequenceColumns("review").transform(FRAME)


# scikit-learn around it


def bag_with_context(X):
    rows = np.repeat(np.arange(len(X)), X.lengths)
    flat = np.bincount(rows * X.n_tokens + X.values, minlength=len(X) * X.n_tokens)
    return np.hstack([flat.reshape(len(X), -1), X.context])


def test_it_is_columntransformer_on_a_bag_of_words():
    encoder = TokenEncoder(CountVectorizer().build_analyzer(), handle_unknown="ignore")
    ours = make_pipeline(
        SequenceColumns("review", sequence_transformer=encoder, context=["jan", "age"]),
        FunctionTransformer(bag_with_context),
        LogisticRegression(max_iter=10_000),
    )
    theirs = make_pipeline(
        make_column_transformer((CountVectorizer(), "review"), ("passthrough", ["jan", "age"])),
        LogisticRegression(max_iter=10_000),
    )
    assert_allclose(
        ours.fit(FRAME, LABELS).predict_proba(FRAME),
        theirs.fit(FRAME, LABELS).predict_proba(FRAME),
        atol=1e-3,
    )


def test_parameters_are_searched_through_it():
    columns = SequenceColumns(
        "review",
        sequence_transformer=TokenEncoder(),
        context=["age", "city"],
        context_transformer=encode_cities().set_params(onehotencoder__handle_unknown="ignore"),
    )
    pipeline = make_pipeline(columns, FunctionTransformer(bag_with_context), LogisticRegression())
    grid = {
        "sequencecolumns__sequence_transformer__max_tokens": [1, None],
        "sequencecolumns__context_transformer__onehotencoder__max_categories": [2, None],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(FRAME, LABELS)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ == 1.0
    assert search.predict(FRAME).tolist() == LABELS.tolist()


def test_clone_and_pickle():
    columns = SequenceColumns("review", context=["city"], context_transformer=encode_cities())
    assert str(clone(columns).get_params()) == str(columns.get_params())
    columns.fit(FRAME)
    again = pickle.loads(pickle.dumps(columns)).transform(FRAME)
    assert again.values.tolist() == columns.transform(FRAME).values.tolist()
    assert again.context.tolist() == columns.transform(FRAME).context.tolist()


def test_set_output_leaves_sequences_as_they_are():
    columns = SequenceColumns("review", context=["age"]).set_output(transform="pandas")
    assert isinstance(columns.fit_transform(FRAME), SequenceArray)
