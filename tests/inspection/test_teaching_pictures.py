"""The transition composed with itself, and the unfolded network."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.patches import Circle

from sksequence.inspection import plot_repeated_composition, plot_unfolded, repeated_composition


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_composition_is_what_it_says():
    a, z = repeated_composition([0, 1, 3], n_units=5, n_points=7, random_state=1)
    assert a.shape == (7,) and z.shape == (3, 7)
    np.testing.assert_allclose(np.diff(z[0]), np.diff(z[0])[0])  # nothing applied: a line
    _, once = repeated_composition([3], n_units=5, n_points=7, random_state=1)
    np.testing.assert_array_equal(once[0], z[2])


def test_small_gain_forgets_and_large_gain_roughens():
    _, calm = repeated_composition([1, 60], gain=0.4, bias=1.0)
    assert np.ptp(calm[1]) < 1e-12 < np.ptp(calm[0])
    _, wild = repeated_composition([1, 8], gain=4.0, bias=1.0)

    def changes(line):
        return (np.diff(np.sign(np.diff(line))) != 0).sum()

    assert changes(wild[1]) > 3 * changes(wild[0])


def test_composition_draws_a_line_for_each_number():
    _, ax = plt.subplots()
    assert plot_repeated_composition(ax, n_compositions=(0, 2, 5), n_units=4) is ax
    assert [line.get_label() for line in ax.get_lines()] == ["0", "2", "5"]
    _, z = repeated_composition((0, 2, 5), n_units=4)
    for line, values in zip(ax.get_lines(), z, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    with pytest.raises(ValueError, match="at least one number from 0 on"):
        plot_repeated_composition(n_compositions=())


@pytest.mark.parametrize(
    ("settings", "n_circles"),
    [
        ({}, 3 + 4 * 2 + 1),
        ({"n_steps": 3, "outputs": "all"}, 3 + 3 * 3),
        ({"n_layers": 2}, 4 + 4 * 3 + 1),
        ({"bidirectional": True, "outputs": "all", "n_steps": 2}, 4 + 2 * 4),
    ],
)
def test_unfolded_graph_has_a_node_for_each_step(settings, n_circles):
    ax = plot_unfolded(**settings)
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == n_circles
    ax.figure.canvas.draw()  # the mathematics in the labels can be set


@pytest.mark.parametrize(
    "settings",
    [{"n_steps": 1}, {"n_layers": 0}, {"outputs": "x"}, {"n_layers": 2, "bidirectional": True}],
)
def test_unfolded_refuses_what_it_cannot_draw(settings):
    with pytest.raises(ValueError, match=r"n_steps|outputs|one layer"):
        plot_unfolded(**settings)
