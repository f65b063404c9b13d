"""A picture shows every note at its place."""

import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from sksequence import SequenceArray
from sksequence.inspection import PianoRollDisplay
from sksequence.inspection._piano_roll_display import note_name


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def roll_of(notes, n_steps=8, n_pitches=88):
    """A roll in which the pairs (step, MIDI number) sound."""
    roll = np.zeros((n_steps, n_pitches), dtype=np.float32)
    for step, pitch in notes:
        roll[step, pitch - 21] = 1
    return roll


def colour_at(display, x, y):
    """The colour of the picture at a place of the axes."""
    figure = display.figure_
    figure.canvas.draw()
    column, row = display.ax_.transData.transform((x, y))
    pixels = np.asarray(figure.canvas.buffer_rgba())
    return tuple(int(v) for v in pixels[len(pixels) - 1 - int(row), int(column), :3])


def test_notes_are_dark_and_silence_is_light():
    display = PianoRollDisplay(roll_of([(0, 60), (3, 67)]))
    assert display.plot() is display
    for step in range(8):
        for pitch in (60, 64, 67):
            dark = sum(colour_at(display, step + 0.5, pitch)) < 300
            assert dark == ((step, pitch) in [(0, 60), (3, 67)])


def test_black_keys_are_shaded():
    display = PianoRollDisplay(roll_of([(0, 60), (0, 64)])).plot()
    assert colour_at(display, 4.5, 62) == (255, 255, 255)  # D
    shade = colour_at(display, 4.5, 61)  # C sharp
    assert shade[0] == shade[1] == shade[2] < 250


def test_pitches_are_cut_to_what_sounds_and_the_cs_are_named():
    display = PianoRollDisplay(roll_of([(0, 48), (5, 73)])).plot()
    assert display.ax_.get_ylim() == (45.5, 75.5)
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["C3", "C4", "C5"]
    assert display.ax_.get_yticks().tolist() == [48, 60, 72]
    display.plot(pitches=(21, 108))
    assert display.ax_.get_ylim() == (20.5, 108.5)


def test_where_no_c_is_shown_the_lowest_note_is_named():
    display = PianoRollDisplay(roll_of([(0, 65)])).plot()
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["D♯4"]


def test_silence_shows_all_keys():
    display = PianoRollDisplay(np.zeros((4, 88))).plot()
    assert display.ax_.get_ylim() == (18.5, 110.5)


@pytest.mark.parametrize(("pitch", "name"), [(21, "A0"), (60, "C4"), (61, "C♯4"), (108, "C8")])
def test_names_of_notes(pitch, name):
    assert note_name(pitch) == name


def test_time_in_steps_or_in_quarter_notes():
    display = PianoRollDisplay(roll_of([(0, 60)])).plot()
    assert display.ax_.get_xlim() == (0, 8)
    assert display.ax_.get_xlabel() == "step"
    display = PianoRollDisplay(roll_of([(0, 60)]), steps_per_quarter=4).plot()
    assert display.ax_.get_xlim() == (0, 2)
    assert display.ax_.get_xlabel() == "quarter note"


def test_several_pieces_lie_below_each_other_and_share_their_pitches():
    rolls = [roll_of([(0, 60)]), roll_of([(3, 72)], n_steps=5)]
    X = SequenceArray.from_list(rolls)
    for given in (rolls, X):
        display = PianoRollDisplay(given, names=["true", "written"]).plot()
        assert [ax.get_title(loc="left") for ax in display.ax_] == ["true", "written"]
        assert [ax.get_ylim() for ax in display.ax_] == [(57.5, 74.5)] * 2
        assert [ax.get_xlim()[1] for ax in display.ax_] == [8, 5]
        assert len(display.im_) == 2
        assert display.ax_[0].get_xlabel() == ""
        assert display.ax_[1].get_xlabel() == "step"
        top, bottom = (ax.get_position().y0 for ax in display.ax_)
        assert top > bottom


def test_one_piece_in_a_list_gives_an_array_of_axes():
    display = PianoRollDisplay([roll_of([(0, 60)])]).plot()
    assert display.ax_.shape == (1,)


def test_probabilities_are_shades():
    roll = roll_of([(0, 60)])
    roll[1, 60 - 21] = 0.5
    display = PianoRollDisplay(roll).plot()
    full, half, none = (sum(colour_at(display, step + 0.5, 60)) for step in range(3))
    assert full < half < none == 3 * 255


def test_given_axes_and_settings_are_used():
    _, (left, right) = plt.subplots(1, 2)
    rolls = [roll_of([(0, 60)]), roll_of([(0, 62)])]
    display = PianoRollDisplay(rolls).plot([left, right], cmap="Reds", im_kw={"alpha": 0.5})
    assert display.ax_.tolist() == [left, right]
    assert display.im_[0].get_cmap().name == "Reds"
    assert display.im_[0].get_alpha() == 0.5


@pytest.mark.parametrize(
    ("rolls", "options", "message"),
    [
        (np.zeros(5), {}, r"\(n_steps, n_pitches\) .* got a roll of shape \(5,\)"),
        ([np.zeros((3, 88)), np.zeros((0, 88))], {}, r"got roll 1 of shape \(0, 88\)"),
        (np.full((3, 88), 1.5), {}, "values from 0 to 1, got a roll with values from 1.5 to 1.5"),
        (np.zeros((3, 88)), {"lowest_pitch": 41}, "lowest_pitch=41: .* from 0 to 40"),
        (np.zeros((3, 88)), {"names": ["a", "b"]}, r"got 1 piece\(s\) and 2 name\(s\)"),
        (np.zeros((3, 88)), {"steps_per_quarter": 0}, "steps_per_quarter=0: give a number above 0"),
        ([np.zeros((3, 88))] * 13, {}, r"at most 12 pieces .* got 13: give a part"),
        (SequenceArray.from_list([np.zeros((3, 88))])[:0], {}, "got no piece to draw"),
    ],
)
def test_what_cannot_be_drawn_is_named(rolls, options, message):
    with pytest.raises(ValueError, match=message):
        PianoRollDisplay(rolls, **options).plot()


def test_too_few_axes_are_named():
    rolls = [roll_of([(0, 60)])] * 2
    with pytest.raises(ValueError, match=r"has 2 piece\(s\) to draw, got 1 axes"):
        PianoRollDisplay(rolls).plot(plt.gca())


def test_missing_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'PianoRollDisplay.plot .*"sksequence\[plot\]"'):
        PianoRollDisplay(roll_of([(0, 60)])).plot()
