"""Text -> symbols with learned vectors, or one vector a document."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sksequence.preprocessing._analyzers import check_documents
from sksequence.preprocessing._pooling import inverse_document_frequency
from sksequence.preprocessing._word2vec_answers import looked_up, space_of, trained
from sksequence.preprocessing._word2vec_train import make_plan, train_vectors
from sksequence.preprocessing._word2vec_watching import Listener
from sksequence.preprocessing._word2vec_words import (
    ReadText,
    check_left,
    check_pooled,
    known_ids,
    read_text,
    read_tokens,
)
from sksequence.preprocessing._word_space import read_analogies, unit_rows
from sksequence.utils._available import available_if
from sksequence.utils._random import make_generator
from sksequence.utils._sklearn import (
    CallbackSupportMixin,
    Interval,
    SequenceOutputMixin,
    StrOptions,
    with_callbacks,
)


class Word2VecEmbedder(
    SequenceOutputMixin,
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    r"""Learn a vector for each word from the words around it (word2vec [1]_, [2]_).

    The result is a :class:`~sksequence.SequenceArray` of symbols that carries one table of
    vectors for all of them: what a recurrent network reads. With `pooling` it is a table
    with one vector a document, for the estimators of scikit-learn.

    Parameters
    ----------
    architecture : {"skip-gram", "cbow"}, default="skip-gram"
        ``"skip-gram"``: a word's vector predicts each word around it. ``"cbow"``: the mean
        vector of the words around predicts the word in their middle; more than twice as fast,
        and worse on small corpora.
    vector_size : int, default=100
        Length of a vector.
    window : int, default=5
        Words on either side that count as around; for each position a radius is drawn
        uniformly from ``1 ... window``, so near words count more.
    min_count : int, default=2
        Words that occur less often in the training texts are unknown.
    max_tokens : int or None, default=None
        Keep at most so many words, the most frequent; the symbol for unknown words is not
        counted. For ``analyzer="subword"`` it is also how many pieces are learned.
    hierarchical_softmax : bool, default=True
        True: predict a word by the turns on its path through a Huffman tree. False: by
        telling it from `negative` random words.
    negative : int, default=5
        Number of random words for each example; used with ``hierarchical_softmax=False``.
    sample : float, default=1e-3
        Threshold of subsampling: a word with the share ``f`` of the text is kept with the
        probability ``min(1, sqrt(sample / f) + sample / f)`` at each of its occurrences
        while training. 0 keeps all; do so where there are few different tokens (letters, short
        k-mers, a toy text), each of which is frequent: ``fit`` warns if too few would be left.
    epochs : int or "auto", default="auto"
        How often the texts are read. ``"auto"``: ``4400 / sqrt(n_tokens)`` times, between 3 and
        100 (25 for 30,000 tokens, 9 for a quarter of a million, 4 for a million).
    learning_rate : float, default=0.05
        At the start; it falls linearly to 0.0001.
    analyzer : {"word", "char", "kmer", "subword"} or callable, default="word"
        What a token is, as in :class:`~sksequence.TokenEncoder`.
    k, stride : int, default=3 and 1
        Of k-mers: their length, and the characters between the starts of two of them.
    lowercase : bool or "auto", default="auto"
        True: texts are lower-cased first. ``"auto"``: words are, k-mers are upper-cased,
        characters and subwords stay as they are.
    handle_unknown : {"token", "ignore", "error"}, default="token"
        What becomes of an unknown word: ``"token"``: it gets the id 0, which all unknown
        words share (its vector: see Notes); ``"ignore"``: it is dropped; ``"error"``: a
        ValueError names the document and the word, already in ``fit_transform`` if
        `min_count` or `max_tokens` makes words of the training texts unknown.
    pooling : {None, "mean", "max", "idf"}, default=None
        None: a SequenceArray. ``"mean"``: the mean of the words' vectors. ``"max"``: the
        largest value of each component. ``"idf"``: the mean with weights :math:`tf \cdot
        idf`, with the smooth idf of scikit-learn, :math:`\ln \frac{1 + n}{1 + df} + 1`, of the
        training texts. It may be changed after ``fit``.
    pretrained : path, gensim KeyedVectors, mapping of str to array, or None, default=None
        Vectors that are taken as they are; nothing is trained then. A path names a word2vec
        file: binary with the ending ``.bin``, else text, with or without a first line of two
        counts (also GloVe's); either may be compressed (``.gz``). In a search or a pickle a
        path costs nothing, other objects are copied. Vocabularies of these files often have
        upper case: set ``lowercase=False``.
    pretrained_tokens : {"seen", "all"}, default="seen"
        Which pretrained vectors are kept: of the words that the training texts hold
        `min_count` times, or also all others, up to `max_tokens`.
    n_jobs : int or None, default=None
        Number of threads while training, None is one. More are faster, and their race makes
        each run a little different, whatever the `random_state`.
    random_state : int, RandomState, Generator or None, default=None
        An int gives the same vectors, bit for bit, each time that one thread trains.
    verbose : int, default=0
        1 shows a progress bar (with tqdm, else a line for each epoch).

    Attributes
    ----------
    vectors_ : ndarray of shape (n_tokens_, vector_size), float32
        The vector of each token; every SequenceArray from ``transform`` shares it.
    vocabulary_ : Vocabulary
        The tokens in the order of their ids.
    n_tokens_ : int
        How many tokens there are.
    idf_ : ndarray of shape (n_tokens_,), float32
        Inverse document frequency of each token in the training texts.
    history_ : list of dict
        ``{"epoch": 1, "loss": 5.3}`` and so on; empty with `pretrained`. See Notes.
    n_epochs_ : int
        How often the texts were read; fewer times than asked for if a callback stopped it.

    See Also
    --------
    TokenEncoder : Numbers the tokens; the network learns their vectors.

    Notes
    -----
    The loss in `history_` is measured after each epoch, always on the same random examples of
    the training text (one for a hundred tokens, at least 200 and at most 10,000), drawn with the
    windows, subsampling and negatives of training. With :math:`h` the vector of the input word
    (CBOW: the mean vector of the input words) and :math:`u` the output weights it is the mean of

    .. math:: -\log \sigma(u_w \cdot h) - \sum_{k} \log \sigma(-u_{n_k} \cdot h)
        \quad \text{or} \quad
        -\sum_{b} \log \sigma((1 - 2 c_b) \, u_{p_b} \cdot h)

    with the target word :math:`w` and the negatives :math:`n_k` for negative sampling, or the
    inner nodes :math:`p_b` and turns :math:`c_b` of the target's path for the hierarchical
    softmax. Before training the first is :math:`(1 + negative) \ln 2`.

    The vector of the unknown symbol is the mean of the vectors of the rarest tenth of the
    vocabulary (with ties): an unknown word is above all a rare one, and vectors of rare words
    lie elsewhere than those of frequent ones. Rare words are taken out before windows are laid,
    as in word2vec, so they do not train it. A pretrained vector of ``"<unk>"`` is used as it is.

    gensim does not read beyond 10,000 tokens of a document, so longer ones are given to it in
    pieces of that length: all tokens train, only a window never reaches across the seam.

    Callbacks (``set_callbacks``) are told of each epoch and may stop it; the step size has then not
    fallen to its end.

    Texts are cut once, to four bytes a token; a corpus of more than 67 million tokens is kept
    in a temporary file while it trains. A document without a known token is an error without
    pooling, since no network can read an empty sequence, and a row of zeros with pooling.

    References
    ----------
    .. [1] T. Mikolov, K. Chen, G. Corrado and J. Dean, "Efficient estimation of word
       representations in vector space", ICLR workshop 2013.
    .. [2] T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean, "Distributed
       representations of words and phrases and their compositionality", NeurIPS 2013.

    Examples
    --------
    >>> from sksequence import Word2VecEmbedder
    >>> texts = ["the soup was cold", "the waiter was cold", "a warm soup", "a warm waiter"] * 9
    >>> embedder = Word2VecEmbedder(vector_size=8, sample=0, random_state=0)
    >>> X = embedder.fit_transform(texts)
    >>> X
    SequenceArray(n_sequences=36, lengths=3..4, n_tokens=8, vector_size=8)
    >>> X.vectors is embedder.vectors_
    True
    >>> [word for word, cosine in embedder.most_similar("soup", topn=1)]
    ['waiter']
    >>> embedder.set_params(pooling="mean").transform(["cold soup", "rain"]).shape
    (2, 8)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (scikit-learn's own form)
        "architecture": [StrOptions({"skip-gram", "cbow"})],
        "vector_size": [Interval(Integral, 1, None, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "hierarchical_softmax": ["boolean"],
        "negative": [Interval(Integral, 1, None, closed="left")],
        "sample": [Interval(Real, 0, 1, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "analyzer": [StrOptions({"word", "char", "kmer", "subword"}), callable],
        "k": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, None, closed="left")],
        "lowercase": ["boolean", StrOptions({"auto"})],
        "handle_unknown": [StrOptions({"token", "ignore", "error"})],
        "pooling": [StrOptions({"mean", "max", "idf"}), None],
        "pretrained_tokens": [StrOptions({"seen", "all"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        architecture: str = "skip-gram",
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 2,
        max_tokens: int | None = None,
        hierarchical_softmax: bool = True,
        negative: int = 5,
        sample: float = 1e-3,
        epochs: int | str = "auto",
        learning_rate: float = 0.05,
        analyzer: str | Callable = "word",
        k: int = 3,
        stride: int = 1,
        lowercase: bool | str = "auto",
        handle_unknown: str = "token",
        pooling: str | None = None,
        pretrained: Any = None,
        pretrained_tokens: str = "seen",
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.architecture = architecture
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.hierarchical_softmax = hierarchical_softmax
        self.negative = negative
        self.sample = sample
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.analyzer = analyzer
        self.k = k
        self.stride = stride
        self.lowercase = lowercase
        self.handle_unknown = handle_unknown
        self.pooling = pooling
        self.pretrained = pretrained
        self.pretrained_tokens = pretrained_tokens
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vocabulary and the vectors.

        Parameters
        ----------
        X : list, array, Series, one-column DataFrame or re-iterable of n_documents documents
            Texts or lists of tokens. A re-iterable object need not fit in memory.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If a bare string, numbers, or an iterator that can be read only once comes.
        ValueError
            If there are no documents, one is missing or has no token (without pooling), no
            word is frequent enough, no document has two words; or if pretrained vectors have
            another size, a damaged file, or none of the words.
        KeyboardInterrupt
            On Ctrl-C, after the vectors that training had reached have been set.
        """
        return self._learn(read_text(self, X), X)

    @with_callbacks
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn the vectors and look the documents up; cuts each text once.

        Parameters
        ----------
        X, y
            As in ``fit``.

        Returns
        -------
        SequenceArray, or array or data frame of shape (n_documents, vector_size)
            The same as ``fit(X).transform(X)``.
        """
        text = read_text(self, X)
        ids, lengths = known_ids(self, text)  # its errors come before training
        self._learn(text, X)
        return looked_up(self, ids, lengths, X)

    def transform(self, X: Any) -> Any:
        """Look the words of documents up.

        Parameters
        ----------
        X : list, array, Series, one-column DataFrame or re-iterable of n_documents documents
            Texts or lists of tokens.

        Returns
        -------
        SequenceArray, or array or data frame of shape (n_documents, vector_size)
            Symbols with the table `vectors_`; with pooling, 32-bit numbers in the container
            that ``set_output`` asks for.

        Raises
        ------
        TypeError
            If it is no collection of documents.
        ValueError
            If a document has an unknown word under ``handle_unknown="error"``, or, without
            pooling, no known word at all.
        """
        check_is_fitted(self)
        tokens = read_tokens(self, self._analyze, check_documents(X, self))
        ids, lengths = self.vocabulary_.encode_documents(tokens, self.handle_unknown)
        check_left(self, lengths)
        return looked_up(self, ids, lengths, X)

    @available_if(check_pooled)
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of pooled output: ``word2vecembedder0`` and so on.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (vector_size,), object
            The names.
        """
        check_is_fitted(self)
        columns = range(self.vectors_.shape[1])
        return np.array([f"{type(self).__name__.lower()}{i}" for i in columns], dtype=object)

    def most_similar(self, word: Any, topn: int = 10) -> list[tuple[str, float]]:
        """The words whose vectors have the highest cosine.

        Parameters
        ----------
        word : str or array-like of shape (vector_size,)
            A word, which is not among the answers, or a vector.
        topn : int, default=10
            How many.

        Returns
        -------
        list of (str, float)
            Words and cosines, the nearest first.

        Raises
        ------
        ValueError
            If the word is unknown, or the vector has another size.
        """
        space = space_of(self)
        if isinstance(word, str):
            row = space.row(word)
            return space.nearest(self.vectors_[row], [row], topn)
        vector = np.asarray(word, dtype=np.float32)
        if vector.shape != self.vectors_.shape[1:]:
            raise ValueError(
                f"expected a word or a vector of shape {self.vectors_.shape[1:]}, got an array of "
                f"shape {vector.shape}."
            )
        return space.nearest(vector, [], topn)

    def analogy(self, a: str, b: str, c: str, topn: int = 10) -> list[tuple[str, float]]:
        r"""What `a` is to `b`, `c` is to: the word :math:`d` with the highest
        :math:`\cos(d, b - a + c)`, where `a`, `b` and `c` have length one.

        Parameters
        ----------
        a, b, c : str
            Words, which are not among the answers.
        topn : int, default=10
            How many answers.

        Returns
        -------
        list of (str, float)
            Words and cosines, the best first.

        Raises
        ------
        ValueError
            If a word is unknown.
        """
        space = space_of(self)
        rows = [space.row(word) for word in (a, b, c)]
        first, second, third = unit_rows(self.vectors_[rows])
        return space.nearest(second - first + third, rows, topn)

    def evaluate_analogies(self, X: Any) -> list[dict]:
        """How many questions "a is to b as c is to ?" are answered rightly.

        Parameters
        ----------
        X : path or list of 4-tuples of str
            A file has four words a line and lines ``: name`` that start a section (the form
            of ``questions-words.txt``).

        Returns
        -------
        list of dict
            For each section its ``section`` name, ``n_asked`` (all four words are known),
            ``n_skipped`` (one is unknown), ``n_correct`` and ``accuracy`` (of those asked; NaN
            where there were none).

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If a question has not four words.
        """
        return space_of(self).ask(read_analogies(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Share of analogies that are answered rightly, among those with known words only.

        Parameters
        ----------
        X : path or list of 4-tuples of str
            As in ``evaluate_analogies``, which also says how many were skipped.
        y : None
            Ignored.

        Returns
        -------
        float
            The accuracy over the questions of all sections.

        Raises
        ------
        ValueError
            If every question has an unknown word.
        """
        records = self.evaluate_analogies(X)
        n_asked = sum(record["n_asked"] for record in records)
        if not n_asked:
            n_skipped = sum(record["n_skipped"] for record in records)
            raise ValueError(
                f"no analogy can be asked: each of {n_skipped} has a word that is not in the "
                f"vocabulary of {self.n_tokens_} tokens. Lower min_count or give more text."
            )
        return sum(record["n_correct"] for record in records) / n_asked

    def _learn(self, text: ReadText, X: Any) -> Self:
        """Train vectors, or take those that are ready."""
        interrupted, vectors, listener = None, text.ready, None
        history: list[dict] = []
        ids, n_tokens = text.corpus.ids, len(text.vocabulary)
        plan = None if vectors is not None else make_plan(self, len(ids))
        known = {
            "idf_": inverse_document_frequency(ids, text.corpus.offsets, n_tokens),
            "vocabulary_": text.vocabulary,
            "n_tokens_": n_tokens,
            "_analyze": text.analyze,
        }
        if getattr(self, "_skl_callbacks", None):
            epochs = 0 if plan is None else plan.epochs
            listener = Listener(self, X, epochs, lambda *of: {**known, **trained(*of)})
        if plan is not None:
            rng = make_generator(self.random_state)
            first = int(text.vocabulary.unknown_id is not None)
            vectors = np.empty((n_tokens, self.vector_size), dtype=np.float32)
            told = vectors, first, text.corpus, plan, rng, listener
            history, interrupted = train_vectors(*told)
        for name, value in {**known, **trained(vectors, history)}.items():
            setattr(self, name, value)
        if listener is not None:
            listener.end()
        if interrupted is not None:
            raise interrupted
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags
