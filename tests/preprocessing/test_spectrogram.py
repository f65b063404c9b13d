"""Log-mel energies of sounds whose spectrum is known."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sksequence import LogMelSpectrogram, RNNClassifier, SequenceArray
from sksequence.preprocessing._spectrogram import mel_edges, mel_filters, power_spectrum, slopes

RATE = 8000


def tone(hertz, seconds=0.3, rate=RATE, loudness=1.0):
    return loudness * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def spectrogram(**parameters):
    return LogMelSpectrogram(**{"sampling_rate": RATE, "n_mels": 24, **parameters})


@pytest.mark.parametrize("hertz", [150, 300, 440, 1000, 2000, 3500])
def test_a_tone_is_loudest_in_its_band(hertz):
    (steps,) = spectrogram(subtract_mean=False).fit_transform([tone(hertz)])
    edges = mel_edges(24, 20.0, RATE / 2)
    loudest = steps.argmax(axis=1)
    assert (edges[loudest] <= hertz).all()
    assert (hertz <= edges[loudest + 2]).all()


def test_energy_grows_with_the_square_of_loudness():
    quiet, loud = spectrogram(subtract_mean=False, floor=1e-30).transform(
        [tone(440), tone(440, loudness=3.0)]
    )
    np.testing.assert_allclose(loud - quiet, 2 * np.log(3), atol=1e-4)


def test_a_sine_on_a_frequency_has_a_quarter():
    spectrum = power_spectrum(tone(1000, 0.1), 256, 80, 256)  # 8000 / 256 = 31.25 hertz apart
    assert spectrum[:, 32] == pytest.approx(0.25)
    assert spectrum.argmax(axis=1).tolist() == [32] * len(spectrum)


def test_the_spectrum_keeps_the_energy():
    """Parseval: both halves of the spectrum have the energy of the windowed samples."""
    samples = np.random.default_rng(0).normal(size=256)
    (half,) = power_spectrum(samples, 256, 256, 256)
    shape = np.hanning(257)[:-1]
    both = half[0] + half[-1] + 2 * half[1:-1].sum()
    assert both == pytest.approx(256 * np.sum((samples * shape / shape.sum()) ** 2))


def test_steps_lie_a_hop_apart():
    model = spectrogram(window=32.0, hop=8.0)  # 256 and 64 samples
    lengths = model.transform([np.zeros(n) for n in (1, 255, 256, 319, 320, 1024)]).lengths
    assert lengths.tolist() == [1, 1, 1, 1, 2, 13]
    click = np.zeros(1024)
    click[600] = 1.0
    (steps,) = model.set_params(subtract_mean=False).transform([click])
    heard = np.flatnonzero(steps.max(axis=1) > np.log(1e-6) + 0.1)
    assert heard.min() * 64 <= 600 < heard.max() * 64 + 256
    assert (np.abs(heard * 64 + 128 - 600) <= 128).all()


def test_silence_is_the_floor():
    (steps,) = spectrogram(subtract_mean=False, floor=1e-4).transform([np.zeros(800)])
    np.testing.assert_allclose(steps, np.log(1e-4), rtol=1e-6)


def test_filters_are_triangles_that_add_up():
    filters = mel_filters(10, 0.0, 4000.0, RATE, 256)
    frequencies = np.fft.rfftfreq(2 * (filters.shape[1] - 1), 1 / RATE)
    edges = mel_edges(10, 0.0, 4000.0)
    inside = (frequencies >= edges[1]) & (frequencies <= edges[-2])
    np.testing.assert_allclose(filters[:, inside].sum(axis=0), 1.0)
    assert filters.max() <= 1.0
    assert (filters.sum(axis=1) > 0).all()
    assert edges[-1] == pytest.approx(4000.0)


def test_narrow_bands_still_hear_something():
    filters = mel_filters(128, 20.0, 4000.0, RATE, 64)
    assert (filters.sum(axis=1) > 0).all()


def test_as_librosa_has_it():
    librosa = pytest.importorskip("librosa")
    samples = np.random.default_rng(0).normal(size=4000)
    filters = mel_filters(20, 20.0, 4000.0, RATE, 256)
    known = librosa.filters.mel(
        sr=RATE, n_fft=256, n_mels=20, fmin=20.0, fmax=4000.0, htk=True, norm=None
    )
    np.testing.assert_allclose(filters, known, atol=1e-6)
    theirs = np.abs(librosa.stft(samples, n_fft=256, hop_length=80, center=False)) ** 2
    shape = np.hanning(257)[:-1]
    ours = power_spectrum(samples, 256, 80, 256) * shape.sum() ** 2
    np.testing.assert_allclose(ours, theirs.T, rtol=1e-4, atol=1e-6)


def test_the_mean_of_a_recording_is_zero():
    for steps in spectrogram().transform([tone(440), tone(900, 0.7, loudness=0.1)]):
        np.testing.assert_allclose(steps.mean(axis=0), 0.0, atol=1e-5)


def test_deltas_are_slopes():
    line = np.arange(9.0)[:, np.newaxis] * [2.0, -1.0]
    np.testing.assert_allclose(slopes(line)[2:-2], np.tile([2.0, -1.0], (5, 1)))
    X = spectrogram(deltas=2).transform([tone(440)])
    assert X.only.n_features == 72
    np.testing.assert_allclose(X[0][:, 24:48], slopes(X[0][:, :24].astype(float)), atol=1e-5)
    np.testing.assert_allclose(X[0][:, 48:], slopes(X[0][:, 24:48].astype(float)), atol=1e-5)


def test_names():
    model = spectrogram(n_mels=3, lowest=100.0, highest=1000.0, deltas=1)
    names = model.get_feature_names_out().tolist()
    assert names[:3] == [f"mel_{f:.0f}hz" for f in mel_edges(3, 100.0, 1000.0)[1:-1]]
    assert names[3:] == ["delta_" + name for name in names[:3]]
    X = model.fit_transform([tone(440)])
    assert X.only.feature_names == tuple(names)
    assert model.n_features_out_ == 6


# -- what recordings may be -------------------------------------------------------------------


def test_containers_say_the_same():
    rows = [tone(440), tone(700)]
    model = spectrogram()
    expected = model.transform(rows).values
    objects = np.empty(2, dtype=object)
    objects[:] = rows
    for X in (
        np.stack(rows),
        objects,
        pd.Series(rows),
        tuple(rows),
        [row.tolist() for row in rows],
        [(RATE, row) for row in rows],
        SequenceArray.from_list(rows),
    ):
        np.testing.assert_array_equal(model.transform(X).values, expected)


@pytest.mark.parametrize(("dtype", "scale"), [("int16", 2**15), ("int32", 2**31), ("uint8", 2**7)])
def test_integers_are_of_full_scale(dtype, scale):
    samples = tone(440, loudness=0.5)
    offset = scale if dtype == "uint8" else 0
    integers = np.round(samples * scale + offset).astype(dtype)
    model = spectrogram(subtract_mean=False, floor=1e-3)
    (given,), (expected,) = model.transform([integers]), model.transform([samples])
    np.testing.assert_allclose(given, expected, atol=0.05)


def test_names_and_context_stay():
    X = SequenceArray.from_list(
        [tone(440), tone(700)], names=["a", "b"], context=np.array([[1.0], [2.0]])
    )
    found = spectrogram().transform(X)
    assert list(found.names) == ["a", "b"]
    assert found.context.tolist() == [[1.0], [2.0]]


def test_integers_without_a_full_scale_are_refused():
    heard = np.round(8000 * tone(440)).astype("int16")
    model = spectrogram()
    for samples in (heard.astype("int64"), heard.tolist(), (RATE, heard.astype("uint64") % 9)):
        with pytest.raises(ValueError, match=r'recording 1 holds whole.*astype\("int16"\)'):
            model.transform([heard, samples])


def test_wide_integers_that_are_all_but_silent_are_told():
    heard = np.round(8000 * tone(440)).astype("int16")
    model = spectrogram()
    with pytest.warns(UserWarning, match="recording 0 has int32.*the largest is 8000"):
        model.transform([heard.astype("int32")])
    model.transform([heard.astype("int32") * 2**16, np.zeros(800, "int32")])  # no warning


@pytest.mark.parametrize("n_bytes", [0, 9, 20, 30, 38])
def test_a_damaged_file_is_named(tmp_path, n_bytes):
    good, bad = str(tmp_path / "good.wav"), tmp_path / "bad.wav"
    wavfile.write(good, RATE, tone(440).astype(np.float32))
    bad.write_bytes((tmp_path / "good.wav").read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"^recording 1 \('.*bad.wav'\) cannot be read: .+ anew"):
        spectrogram().transform([good, bad])


def test_a_file_that_was_cut_off_is_named(tmp_path):
    whole, cut = tmp_path / "whole.wav", tmp_path / "cut.wav"
    wavfile.write(whole, RATE, np.round(8000 * tone(440)).astype("int16"))
    cut.write_bytes(whole.read_bytes()[:2044])  # the head has 44
    with pytest.warns(wavfile.WavFileWarning, match=r"recording 1 \('.*cut.wav'\): Reached EOF"):
        found = spectrogram(subtract_mean=False).transform([whole, cut])
    np.testing.assert_allclose(found[1], found[0][: found.lengths[1]], atol=1e-5)


def test_files(tmp_path):
    mono, stereo = tmp_path / "mono.wav", str(tmp_path / "stereo.WAV")
    samples = tone(440).astype(np.float32)
    wavfile.write(mono, RATE, samples)
    wavfile.write(stereo, RATE, np.stack([2 * samples, 0 * samples], axis=1))
    model = spectrogram()
    found = model.transform([mono, stereo])
    np.testing.assert_allclose(found[0], model.transform([samples])[0], atol=1e-5)
    np.testing.assert_allclose(found[1], found[0], atol=1e-4)


def test_another_rate_is_refused_or_converted(tmp_path):
    path = str(tmp_path / "fast.wav")
    wavfile.write(path, 2 * RATE, tone(440, rate=2 * RATE).astype(np.float32))
    model = spectrogram(subtract_mean=False, floor=1e-3)
    with pytest.raises(ValueError, match=r"fast.wav'\) has 16000 samples a second.*resample=True"):
        model.transform([path])
    with pytest.raises(ValueError, match="recording 1 has 11025 samples"):
        model.transform([tone(440), (11025, tone(440))])
    (converted,) = model.set_params(resample=True).transform([path])
    (expected,) = model.transform([tone(440)])
    np.testing.assert_allclose(converted[3:-3], expected[3:-3], atol=0.05)


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("a.wav", TypeError, "put it in a list"),
        (np.zeros(800), ValueError, "got one recording of 800 samples"),
        ([[0.0, 1.0], []], ValueError, "recording 1 is empty"),
        ([[0.0, np.nan]], ValueError, "recording 0 has nan as sample 1"),
        ([np.zeros((9, 2))], ValueError, r"\(9, 2\).*take the mean of its channels"),
        ([["a"]], ValueError, "expected numbers of shape"),
        (["nowhere.wav"], FileNotFoundError, "recording 0: there is no file 'nowhere.wav'"),
        ([], ValueError, "0 recordings"),
        (7, TypeError, "got int"),
        (SequenceArray.from_list([np.zeros((9, 2))]), ValueError, "mix channels first"),
    ],
)
def test_recordings_of_no_use(X, error, words):
    with pytest.raises(error, match=words):
        spectrogram().fit_transform(X)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"highest": 5000.0}, r"highest=5000.0 hertz.*half the sampling rate, 4000.0"),
        ({"lowest": 900.0, "highest": 800.0}, "must rise"),
        ({"resample": False}, "'error' or True"),
        ({"n_mels": 0}, "n_mels"),
        ({"floor": 0.0}, "floor"),
    ],
)
def test_parameters_of_no_use(parameters, words):
    with pytest.raises(ValueError, match=words):
        spectrogram(**parameters).fit([tone(440)])


def test_it_is_a_transformer_like_others():
    model = spectrogram(deltas=1)
    again = pickle.loads(pickle.dumps(clone(model)))
    np.testing.assert_array_equal(
        again.transform([tone(440)]).values, model.transform([tone(440)]).values
    )


def test_sound_is_one_pipeline():
    rng = np.random.default_rng(0)
    y = np.array(["low", "high"])[np.arange(40) % 2]
    X = [
        tone(300 if label == "low" else 900, rng.uniform(0.1, 0.2)) + rng.normal(0, 0.1, 1)
        for label in y
    ]
    pipeline = make_pipeline(
        spectrogram(subtract_mean=False),
        RNNClassifier(hidden_size=8, max_epochs=15, random_state=0),
    )
    assert pipeline.fit(X[:30], y[:30]).score(X[30:], y[30:]) == 1.0


def test_the_mel_scale():
    """1000 hertz are 1000 mels, by convention."""
    assert 2595 * np.log10(1 + 1000 / 700) == pytest.approx(1000, rel=1e-4)
    assert np.diff(mel_edges(8, 0.0, 4000.0)).tolist() == sorted(
        np.diff(mel_edges(8, 0.0, 4000.0)).tolist()
    )
