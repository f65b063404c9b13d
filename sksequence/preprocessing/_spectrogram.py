"""Sound as sequences: the energy in bands of frequency, window after window."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from sksequence.inputs import Channel, SequenceArray
from sksequence.inputs._channel import offsets_from_lengths
from sksequence.preprocessing._spectrogram_reading import read_recordings
from sksequence.utils._sklearn import (
    Interval,
    SequenceOutputMixin,
    StrOptions,
    validate_parameter_constraints,
)

REACH = 2  # steps on either side from which a delta is computed
DELTAS = ("", "delta_", "delta2_")


class LogMelSpectrogram(SequenceOutputMixin, TransformerMixin, BaseEstimator):
    r"""Turn recordings into sequences of log-mel energies.

    A window slides over the sound; each place of it is a step, each band of frequency a feature,

    .. math:: s_{tm} = \log\Bigl(\epsilon + \sum_f w_{mf}\, \lvert X_{tf} \rvert^2 \Bigr),

    with the Fourier transform :math:`X_t` of the samples under a Hann window, and triangles
    :math:`w_m` that overlap by half and are of equal width on the mel scale
    :math:`2595 \log_{10}(1 + f / 700)`, on which listeners hear equal distances (O'Shaughnessy,
    1987).

    Parameters
    ----------
    sampling_rate : int, default=16000
        Samples in a second of the recordings.
    n_mels : int, default=40
        Bands.
    window : float, default=25.0
        Length of the window in milliseconds.
    hop : float, default=10.0
        Milliseconds from a step to the next.
    lowest : float, default=20.0
        Lower end of the lowest band in hertz.
    highest : float or None, default=None
        Upper end of the highest band in hertz; None: half the sampling rate.
    floor : float, default=1e-6
        The energy :math:`\epsilon` that is added: what is quieter does not matter. Full scale is
        1, whose sine has the energy 1/4.
    deltas : {0, 1, 2}, default=0
        Whether the slope of each feature over five steps is a feature too, and with 2 the slope
        of the slope.
    subtract_mean : bool, default=True
        Subtract the mean of each feature over a recording, so that neither loudness nor the
        microphone matters. Not for streams, which have not heard the end.
    resample : {"error", True}, default="error"
        What becomes of a recording that is known to have another rate: an error that names it,
        or it is converted.

    Attributes
    ----------
    n_features_out_ : int
        Features of a step.

    See Also
    --------
    CTCTranscriber : Writes what is said.
    RNNClassifier : One label a recording.

    Notes
    -----
    There is nothing to learn: ``fit`` only checks the parameters, and nothing is inverted.
    Recordings are not padded: the step t begins at the sample t * hop, and a last part that does
    not fill a window is left out. A recording that is shorter than a window is filled up with
    silence. A file with several channels becomes their mean.

    References
    ----------
    S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences", IEEE Transactions on Acoustics, Speech, and
    Signal Processing 28 (4), 1980.

    Examples
    --------
    A low tone, then a higher and longer one.

    >>> import numpy as np
    >>> from sksequence import LogMelSpectrogram
    >>> def tone(hertz, seconds, rate=8000):
    ...     return np.sin(2 * np.pi * hertz * np.arange(seconds * rate) / rate)
    >>> spectrogram = LogMelSpectrogram(sampling_rate=8000, n_mels=20, subtract_mean=False)
    >>> X = spectrogram.fit_transform([tone(440, 0.5), tone(880, 1.0)])
    >>> X
    SequenceArray(n_sequences=2, lengths=48..98, n_features=20)
    >>> [str(spectrogram.get_feature_names_out()[x.mean(axis=0).argmax()]) for x in X]
    ['mel_425hz', 'mel_909hz']
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (scikit-learn's own form)
        "sampling_rate": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "window": [Interval(Real, 0, None, closed="neither")],
        "hop": [Interval(Real, 0, None, closed="neither")],
        "lowest": [Interval(Real, 0, None, closed="left")],
        "highest": [Interval(Real, 0, None, closed="neither"), None],
        "floor": [Interval(Real, 0, None, closed="neither")],
        "deltas": [Interval(Integral, 0, 2, closed="both")],
        "subtract_mean": ["boolean"],
        "resample": [StrOptions({"error"}), "boolean"],
    }

    def __init__(
        self,
        *,
        sampling_rate: int = 16000,
        n_mels: int = 40,
        window: float = 25.0,
        hop: float = 10.0,
        lowest: float = 20.0,
        highest: float | None = None,
        floor: float = 1e-6,
        deltas: int = 0,
        subtract_mean: bool = True,
        resample: bool | str = "error",
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_mels = n_mels
        self.window = window
        self.hop = hop
        self.lowest = lowest
        self.highest = highest
        self.floor = floor
        self.deltas = deltas
        self.subtract_mean = subtract_mean
        self.resample = resample

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters.

        Parameters
        ----------
        X : recordings
            Not looked at.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the bands do not lie between 0 and half the sampling rate.
        """
        self._filters()
        self.n_features_out_ = self.n_mels * (1 + self.deltas)
        return self

    def transform(self, X: Any) -> SequenceArray:
        """Log-mel energies of recordings.

        Parameters
        ----------
        X : list, array or Series of recordings, or SequenceArray with one feature
            Each an array of shape (n_samples,), of any length: floats from -1 to 1, or integers
            of 8, 16 or 32 bits, whose full scale becomes 1; a path of a sound file (".wav";
            others with the package soundfile); or a pair (rate, array), as
            ``scipy.io.wavfile.read`` gives. Lists of Python ints, and arrays of 64 bits, which
            numpy makes of them, have no full scale and are refused.

        Returns
        -------
        SequenceArray of n_recordings sequences
            Each step has ``n_mels * (1 + deltas)`` features, in 32 bits. Names and context of a
            SequenceArray stay.

        Raises
        ------
        ValueError
            If a recording is empty, has NaN or infinity, several channels, integers without a
            full scale, or another rate under ``resample="error"``; or if its file is damaged.
        FileNotFoundError
            If there is no such file.
        """
        weights = self._filters()
        parts = [
            self._features(samples, weights)
            for samples in read_recordings(X, self.sampling_rate, self.resample)
        ]
        if not parts:
            raise ValueError("LogMelSpectrogram got 0 recordings, but needs at least 1.")
        lengths = np.array([len(part) for part in parts])
        names = tuple(self.get_feature_names_out())
        channel = Channel(np.concatenate(parts), feature_names=names)
        known = X if isinstance(X, SequenceArray) else None
        return SequenceArray(
            {"values": channel},
            offsets_from_lengths(lengths),
            context=None if known is None else known.context,
            names=None if known is None else known.names,
        )

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The bands by the frequency in their middle, in hertz.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects
            ``"mel_440hz"``, and ``"delta_mel_440hz"``, ``"delta2_mel_440hz"``.
        """
        middles = mel_edges(self.n_mels, self.lowest, self._highest())[1:-1]
        names = [f"{prefix}mel_{f:.0f}hz" for prefix in DELTAS[: 1 + self.deltas] for f in middles]
        return np.array(names, dtype=object)

    def _highest(self) -> float:
        return self.sampling_rate / 2 if self.highest is None else float(self.highest)

    def _sizes(self) -> tuple[int, int]:
        """Samples of a window and of a hop."""
        per_ms = self.sampling_rate / 1000
        return max(1, round(self.window * per_ms)), max(1, round(self.hop * per_ms))

    def _filters(self) -> np.ndarray:
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), type(self).__name__
        )
        if self.resample is False:
            raise ValueError("resample must be 'error' or True, got False.")
        highest = self._highest()
        if not self.lowest < highest <= self.sampling_rate / 2:
            raise ValueError(
                f"the bands lie between lowest={self.lowest} and highest={highest} hertz, but must "
                f"rise and end at half the sampling rate, {self.sampling_rate / 2}, at most."
            )
        n_window, _ = self._sizes()
        return mel_filters(self.n_mels, self.lowest, highest, self.sampling_rate, n_window)

    def _features(self, samples: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """``(n_samples,)`` -> ``(n_steps, n_features)``."""
        n_window, n_hop = self._sizes()
        energies = power_spectrum(samples, n_window, n_hop, 2 * (weights.shape[1] - 1)) @ weights.T
        steps = np.log(energies + self.floor)
        if self.subtract_mean:
            steps -= steps.mean(axis=0)
        parts = [steps]
        for _ in range(self.deltas):
            parts.append(slopes(parts[-1]))
        return np.concatenate(parts, axis=1).astype(np.float32)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def power_spectrum(samples: np.ndarray, n_window: int, n_hop: int, n_fft: int) -> np.ndarray:
    """Energy of each frequency in each window, ``(n_steps, n_fft // 2 + 1)``.

    A sine of the amplitude 1 whose frequency is one of those has about the energy 1/4 there.
    """
    if len(samples) < n_window:
        samples = np.pad(samples, (0, n_window - len(samples)))
    shape = np.hanning(n_window + 1)[:-1]  # periodic
    places = np.lib.stride_tricks.sliding_window_view(samples, n_window)[::n_hop]
    spectrum = np.fft.rfft(places * (shape / max(shape.sum(), 1e-12)), n=n_fft, axis=1)
    return spectrum.real**2 + spectrum.imag**2


def mel_edges(n_mels: int, lowest: float, highest: float) -> np.ndarray:
    """Hertz of ``n_mels + 2`` points at equal distances on the mel scale."""
    first, last = (2595 * np.log10(1 + hertz / 700) for hertz in (lowest, highest))
    return 700 * (10 ** (np.linspace(first, last, n_mels + 2) / 2595) - 1)


def mel_filters(
    n_mels: int, lowest: float, highest: float, sampling_rate: int, n_window: int
) -> np.ndarray:
    """Triangles of height 1 over the frequencies, ``(n_mels, n_fft // 2 + 1)``.

    The Fourier transform is as long as the next power of two, or longer where a band would have
    no frequency in it.
    """
    edges = mel_edges(n_mels, lowest, highest)
    n_fft = 2 ** int(np.ceil(np.log2(max(2, n_window))))
    narrowest = float(np.diff(edges).min())
    while sampling_rate / n_fft > narrowest:
        n_fft *= 2
    frequencies = np.fft.rfftfreq(n_fft, 1 / sampling_rate)
    rise = (frequencies - edges[:-2, np.newaxis]) / np.diff(edges)[:-1, np.newaxis]
    fall = (edges[2:, np.newaxis] - frequencies) / np.diff(edges)[1:, np.newaxis]
    return np.clip(np.minimum(rise, fall), 0, None)


def slopes(steps: np.ndarray) -> np.ndarray:
    """Slope of the line of least squares through five steps, whose ends are repeated."""
    padded = np.pad(steps, ((REACH, REACH), (0, 0)), mode="edge")
    n = len(steps)
    total = sum(
        k * (padded[REACH + k : REACH + k + n] - padded[REACH - k : REACH - k + n])
        for k in range(1, REACH + 1)
    )
    return total / (2 * sum(k * k for k in range(1, REACH + 1)))
