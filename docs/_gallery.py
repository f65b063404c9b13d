"""The gallery of examples: which of them are run, and what a page shows where one is not.

An example that calls ``fetch_NAME(...)`` needs a public data set: it is run where the folder that
the environment variable ``SKSEQUENCE_DATA`` names holds a folder NAME. (With
``download_if_missing=False`` in the call the example knows what to do without, and is run.) Those
that take longer than most are run where ``SKSEQUENCE_GALLERY`` is ``all``. The page of an example
that is not run shows the outcome of an earlier run, kept in ``docs/pictures/gallery``:

    python docs/_gallery.py text/domains labels/tag_names

runs examples as they are and keeps what they print and draw.
"""

import ast
import contextlib
import io
import os
import re
import runpy
import shutil
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
RECORDS = ROOT / "docs" / "pictures" / "gallery"
SECTIONS = ["text", "dna", "time_series", "sequences_out", "labels", "language", "inside"]
# More than a quarter of a minute on one core.
LONG = {
    "dna/ecoli_promoters",
    "dna/splice_junctions",
    "labels/spoken_digits",
    "labels/tag_names",
    "language/characters",
    "language/surnames",
    "sequences_out/caption_image",
    "sequences_out/translate_german",
    "text/domains",
    "text/film_sentences",
    "text/sentiment_treebank",
    "text/surname_languages",
    "time_series/forecast_m4",
    "time_series/mnist_rows",
}
# Only the first pictures of these are kept: the others hold texts that may not be passed on.
KEPT = {
    "labels/tag_names": 1,
    "sequences_out/translate_german": 0,
    "time_series/mnist_rows": 0,
}
DATA, ALL = "SKSEQUENCE_DATA", "SKSEQUENCE_GALLERY"


def names() -> list[str]:
    """Every example as ``section/name``, by section."""
    return [f"{s}/{path.stem}" for s in SECTIONS for path in sorted((EXAMPLES / s).glob("*.py"))]


@cache
def data_sets(name: str) -> frozenset[str]:
    """The public data sets that an example cannot do without."""
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return frozenset(
        call.func.id.removeprefix("fetch_")
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id.startswith("fetch_")
        and "download_if_missing" not in {word.arg for word in call.keywords}
    )


def is_run(name: str) -> bool:
    """Whether an example is run in this build."""
    folder = os.environ.get(DATA)
    at_hand = all(folder and Path(folder, data).is_dir() for data in data_sets(name))
    return at_hand and (name not in LONG or os.environ.get(ALL) == "all")


class RunFirst:
    """The order within a section: what is run comes first, then the name of the file counts."""

    def __init__(self, src_dir):
        self.section = Path(src_dir).name

    def __call__(self, filename):
        name = f"{self.section}/{Path(filename).stem}"
        return name not in names() or not is_run(name), filename

    def __repr__(self):
        return "<RunFirst>"


def filename_pattern() -> str:
    """A regular expression of the paths of those that are run."""
    run = "|".join(name.replace("/", r"[/\\]") for name in names() if is_run(name))
    return rf"[/\\]({run})\.py$"


def note(name: str) -> str:
    """Why there is no fresh outcome on the page, in reStructuredText."""
    needed = sorted(data_sets(name))
    said = []
    if needed:
        calls = " and ".join(f":func:`~sksequence.datasets.fetch_{data}`" for data in needed)
        said.append(
            f"It reads a public data set ({calls}), which does not come with the package: "
            f":doc:`/user_guide/datasets` says how to get it."
        )
    if name in LONG:
        said.append("It takes longer than most.")
    if records(name):
        said.append("What it prints and draws stands at the end, from an earlier run.")
    return " ".join(["This example was not run when these pages were built.", *said])


def records(name: str) -> list[Path]:
    """What is kept of an earlier run: a text, then pictures."""
    stem = name.replace("/", "_")
    return [*RECORDS.glob(f"{stem}.txt"), *sorted(RECORDS.glob(f"{stem}_*.png"))]


def outcome(name: str) -> str:
    """The last section of a page whose example was not run, in reStructuredText."""
    parts = []
    for path in records(name):
        if path.suffix == ".txt":
            text = path.read_text(encoding="utf-8").rstrip()
            lines = "\n".join(f"    {line}".rstrip() for line in text.splitlines())
            parts.append(f".. rst-class:: sphx-glr-script-out\n\n.. code-block:: none\n\n{lines}\n")
        else:
            parts.append(
                f".. image:: /pictures/gallery/{path.name}\n   :alt: drawn by {name}.py\n"
                "   :class: sphx-glr-single-img\n"
            )
    title = "From an earlier run"
    return "\n".join([f"{title}\n{'-' * len(title)}\n", *parts, ""]) if parts else ""


def complete(app, docname, source):
    """Add note and outcome to the page of an example that was not run."""
    name = docname.removeprefix("gallery/")
    if name == docname or name not in names() or is_run(name):
        return
    text = source[0]
    title = re.search(r"^(.+)\n=+\n", text, flags=re.MULTILINE)
    text = f"{text[: title.end()]}\n.. note::\n\n    {note(name)}\n{text[title.end() :]}"
    head, mark, foot = text.rpartition(".. _sphx_glr_download_")
    source[0] = f"{head}{outcome(name)}\n{mark}{foot}"


def draw_thumbnails(app):
    """Small pictures of earlier runs for the examples that are not run."""
    from sphinx_gallery.utils import scale_image

    for name in names():
        pictures = [path for path in records(name) if path.suffix == ".png"]
        section, stem = name.split("/")
        folder = Path(app.srcdir) / "gallery" / section / "images" / "thumb"
        if pictures and folder.is_dir() and not is_run(name):
            scale_image(str(pictures[-1]), str(folder / f"sphx_glr_{stem}_thumb.png"), 400, 280)


def record(name: str) -> None:
    """Run an example; keep what it prints, and the pictures that it shows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    for path in records(name):
        path.unlink()
    RECORDS.mkdir(parents=True, exist_ok=True)
    stem, said, shown = name.replace("/", "_"), io.StringIO(), []

    def show():
        for number in plt.get_fignums():
            shown.append(number)
            if len(shown) <= KEPT.get(name, len(shown)):
                plt.figure(number).savefig(RECORDS / f"{stem}_{len(shown) - 1}.png", dpi=90)
        plt.close("all")

    plt.show = show
    with contextlib.redirect_stdout(said):
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    (RECORDS / f"{stem}.txt").write_text(said.getvalue(), encoding="utf-8")


def forget(app):
    """Begin anew where other examples are run than in the last build."""
    folder = Path(app.srcdir) / "gallery"
    memory = folder / ".run"
    pattern = filename_pattern()
    if not memory.exists() or memory.read_text(encoding="utf-8") != pattern:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        memory.write_text(pattern, encoding="utf-8")


def setup(app):
    """Register what completes the pages."""
    app.connect("builder-inited", forget, priority=100)
    app.connect("builder-inited", draw_thumbnails, priority=900)
    app.connect("source-read", complete)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        record(asked.removesuffix(".py"))
