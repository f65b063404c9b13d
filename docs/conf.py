"""Settings of the documentation: numpydoc docstrings, PyData theme, Markdown pages, examples."""

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import _gallery  # noqa: E402

# What examples print and draw should not depend on the number of cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "sksequence"
author = "The sksequence developers"
copyright = "2026, The sksequence developers"
release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "results.md", "pictures"]
default_role = "literal"
nitpicky = False
# numpydoc's References may list a paper that no sentence cites.
suppress_warnings = ["ref.citation"]

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": _gallery.filename_pattern(),
    "ignore_pattern": r"^(demo|readme)\.py$",
    "subsection_order": [f"../examples/{section}" for section in _gallery.SECTIONS],
    "within_subsection_order": "_gallery.RunFirst",
    "doc_module": ("sksequence",),
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 1e9,  # no running times: they are of this machine
    "write_computation_times": False,
    "remove_config_comments": True,
    "parallel": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sksequence"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


class MarkdownFile(Directive):
    """``.. markdown-file:: ../CHANGELOG.md``: a Markdown file, tables and all, as HTML.

    With ``:section: name`` only what stands below the heading ``### name``.
    """

    required_arguments = 1
    option_spec: ClassVar[dict] = {"section": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Render the file, or say that it has not been written yet."""
        page = Path(self.state.document.current_source).parent
        source = (page / self.arguments[0]).resolve()
        if not source.exists():
            return [nodes.paragraph(text=f"{source.name} has not been written yet.")]
        self.state.document.settings.record_dependencies.add(str(source))
        text = source.read_text(encoding="utf-8")
        if "section" in self.options:
            text = section_of(text, self.options["section"])
        html = MarkdownIt("commonmark").enable("table").render(text)
        return [nodes.raw("", html.replace("<table>", '<table class="table">'), format="html")]


def section_of(text: str, name: str) -> str:
    """What stands below the heading ``### name``, up to the next heading."""
    found = re.search(rf"^### {re.escape(name)}\n(.*?)(?=^#{{1,3}} |\Z)", text, re.M | re.S)
    if found is None:
        raise ValueError(f"there is no section {name}")
    return found.group(1)


def skip_foreign_members(app, what, name, member, skip, options):
    """Leave out of a class page what scikit-learn and torch define, and request setters."""
    if name.startswith("set_") and name.endswith("_request"):
        return True
    home = getattr(member, "__module__", None)
    return True if home and not home.startswith("sksequence") else None


def quote_fitted_names(app, what, name, obj, options, lines):
    """Keep ``n_features_in_`` in ``ndarray of shape (n_features_in_,)`` from being a link."""
    for number, line in enumerate(lines):
        if " : " in line or "of shape (" in line:
            lines[number] = re.sub(r"(?<![`\w])(\w+)_(?=[,) ]|$)", r"\1\_", line)


def setup(app):
    """Register the directive and the filters."""
    app.add_directive("markdown-file", MarkdownFile)
    app.connect("autodoc-process-docstring", quote_fitted_names, priority=400)
    app.connect("autodoc-skip-member", skip_foreign_members)
    return {"parallel_read_safe": True}
