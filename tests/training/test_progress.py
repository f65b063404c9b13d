"""A person sees how far training is and how long it will take."""

import re
import sys

import pytest

NUMBER = r"\d+\.\d{4}"


def test_bar_shows_epochs_time_left_and_losses(make_problem, capsys):
    make_problem().train(valid=True, verbose=1, max_epochs=4)
    out, err = capsys.readouterr()
    assert out == ""
    last = re.split(r"[\r\n]+", err.strip())[-1]
    assert re.search(r"training: 100%", last)
    assert re.search(r" 4/4 \[\d\d:\d\d<\d\d:\d\d, ", last), last
    assert re.search(rf"train_loss={NUMBER}, valid_loss={NUMBER}\]", last), last
    assert re.search(r"(epoch/s|s/epoch)", last)


def test_bar_stays_where_training_ended(make_problem, capsys):
    problem = make_problem()

    class Interrupted:
        calls = 0

        def loss(self, outputs, batch):
            self.calls += 1
            if self.calls == 6:
                raise KeyboardInterrupt
            return problem.task.loss(outputs, batch)

    problem.train(task=Interrupted(), verbose=1, max_epochs=4)
    err = capsys.readouterr().err
    assert " 1/4 [" in re.split(r"[\r\n]+", err.strip())[-1]
    assert err.endswith("\n")


def _check_lines(err, n_epochs):
    lines = err.splitlines()
    assert len(lines) == n_epochs
    for i, line in enumerate(lines, start=1):
        pattern = rf"epoch {i:>4}/{n_epochs}  train_loss {NUMBER}  valid_loss {NUMBER}  \d+\.\d\d s"
        assert re.fullmatch(pattern, line), line


def test_two_prints_a_line_for_each_epoch(make_problem, capsys):
    make_problem().train(valid=True, verbose=2)
    out, err = capsys.readouterr()
    assert out == ""
    _check_lines(err, 3)


def test_lines_where_tqdm_is_missing(make_problem, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    make_problem().train(valid=True, verbose=1)
    _check_lines(capsys.readouterr().err, 3)


@pytest.mark.parametrize("verbose", [0, False])
def test_silent_by_default(make_problem, capsys, verbose):
    make_problem().train(verbose=verbose)
    assert capsys.readouterr() == ("", "")
