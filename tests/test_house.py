"""The house stands: what is packaged, imported, documented, and where foreign seams are."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sksequence

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sksequence"
SHIPPED = ROOT / "datasets"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = sorted(PACKAGE.rglob("*.py"))

needs_checkout = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")


def run(*command: object, cwd: Path | None = None) -> str:
    """Standard output of a command; its standard error when it fails."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_below(folder: Path) -> set[str]:
    """Paths of the files in a folder, relative to it, without what Python caches there."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


# What is packaged


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


def test_wheel_holds_the_package_and_the_data_files_and_nothing_else(built: Path) -> None:
    names = set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())
    names = {name for name in names if ".dist-info/" not in name}
    modules = {f"sksequence/{name}" for name in files_below(PACKAGE)}
    data = {f"sksequence/datasets/data/{name}" for name in files_below(SHIPPED)}
    assert data
    assert "sksequence/py.typed" in modules
    assert names == modules | data


def test_source_archive_can_be_tested_and_built_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    for needed in ["pyproject.toml", "constraints.txt", "Makefile", "LICENSE", "README.md"]:
        assert needed in names
    assert "tests/test_house.py" in names
    assert {f"datasets/{name}" for name in files_below(SHIPPED)} <= names
    assert not [name for name in names if re.search(r"__pycache__|\.venv|_build/|\.pyc$", name)]


def test_installed_wheel_loads_a_shipped_data_set(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-index"]
    run(*install, "--target", site, next(built.glob("*.whl")))
    program = """
import json, sys
sys.path.insert(0, sys.argv[1])
import sksequence
from sksequence.datasets import load_reviews
reviews = load_reviews()
print(json.dumps([sksequence.__file__, len(reviews.data), len(reviews.target)]))
"""
    home, n_texts, n_labels = json.loads(run(sys.executable, "-c", program, site, cwd=tmp_path))
    assert Path(home).is_relative_to(site)
    assert n_texts == n_labels > 0


def test_data_folder_is_no_package_and_every_file_has_its_sheet() -> None:
    files = files_below(SHIPPED)
    assert not [name for name in files if name.endswith(".py")]
    data = {name for name in files if not name.endswith(".md")}
    missing = {name for name in data if f"{name.split('.')[0]}.md" not in files}
    assert data
    assert not missing


def test_version_is_written_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation
    assert sksequence.__version__ == PROJECT["version"]


# What is installed


def pins() -> dict[str, str]:
    """The version that constraints.txt names for each package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    """Everything that the package or one of its extras asks for, itself left out."""
    extras = PROJECT["optional-dependencies"].values()
    asked = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    return [found for line in asked if (found := Requirement(line)).name != "sksequence"]


def test_constraints_pin_everything_that_is_asked_for() -> None:
    known = pins()
    unpinned = {
        asked.name for asked in requirements() if canonicalize_name(asked.name) not in known
    }
    assert not unpinned
    for asked in requirements():
        assert asked.specifier.contains(known[canonicalize_name(asked.name)]), asked


def test_makefile_installs_the_pinned_torch_and_obeys_the_constraints() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"torch==([\d.]+)", makefile) == [pins()["torch"]]
    for line in makefile.splitlines():
        assert "pip install" not in line or "-c constraints.txt" in line


def test_all_holds_every_extra_that_is_for_users() -> None:
    extras = PROJECT["optional-dependencies"]
    (everything,) = extras["all"]
    assert Requirement(everything).extras == set(extras) - {"all", "test", "lint", "docs"}


# What is imported


def test_import_is_light() -> None:
    heavy = ["torch", "gensim", "pandas", "matplotlib", "numba", "pooch", "skorch", "tqdm"]
    program = "import sys, sksequence; print([m for m in sys.argv[1:] if m in sys.modules])"
    assert run(sys.executable, "-c", program, *heavy, cwd=ROOT).strip() == "[]"


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(pattern: str) -> set[str]:
    """Files of the package with an import that the pattern matches from its start."""
    found = (path for path in SOURCES if any(re.match(pattern, name) for name in imports(path)))
    return {path.relative_to(PACKAGE).as_posix() for path in found}


def test_only_the_engine_imports_skorch() -> None:
    assert importers(r"skorch\b") <= {"training/_engine.py"}


def test_private_names_of_sklearn_come_through_one_file() -> None:
    assert importers(r"sklearn\.(.*\.)?_(?!_)") <= {"utils/_sklearn.py"}


def test_no_class_is_called_after_nothing() -> None:
    empty = re.compile(r"(Base|Manager|Helper|Handler|Utils?)(?![a-z])")
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                assert not empty.search(node.name), f"{path.name}: {node.name}"


# What is public: documented and typed


def public_modules() -> list[str]:
    """sksequence and its stages."""
    stages = pkgutil.iter_modules(sksequence.__path__, "sksequence.")
    return ["sksequence", *(stage.name for stage in stages)]


def public_objects(module: str) -> dict[str, object]:
    """What a module offers in its ``__all__``, dunders left out."""
    package = importlib.import_module(module)
    names = [name for name in package.__all__ if not name.startswith("__")]
    return {name: getattr(package, name) for name in names}


def documented() -> list[object]:
    """The objects that docs/api.rst lists in its summaries."""
    objects, module = [], "sksequence"
    for line in (ROOT / "docs" / "api.rst").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"   (\w+)$", line):
            objects.append(getattr(importlib.import_module(module), found[1]))
    return objects


@pytest.mark.parametrize("module", public_modules())
def test_every_public_name_is_on_the_api_page(module: str) -> None:
    listed = documented()
    offered = public_objects(module)
    missing = [name for name, thing in offered.items() if not any(thing is one for one in listed)]
    assert not missing, f"docs/api.rst lacks {missing} of {module}"


def public_callables(name: str, thing: object) -> Iterator[tuple[str, Callable]]:
    """A function itself; the constructor, methods and properties that a class of ours defines."""
    if inspect.isfunction(thing):
        yield name, thing
    elif inspect.isclass(thing):
        for word, member in inspect.getmembers_static(thing):
            member = getattr(member, "fget", None) or getattr(member, "__func__", member)
            ours = str(getattr(member, "__module__", "")).startswith("sksequence")
            if inspect.isfunction(member) and ours and (word == "__init__" or word[0] != "_"):
                yield f"{name}.{word}", member


def untyped(function: Callable) -> list[str]:
    """Names of the parameters without annotation, and ``return``."""
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    names = [p.name for p in parameters if p.annotation is p.empty]
    if function.__name__ != "__init__" and signature.return_annotation is signature.empty:
        names.append("return")
    return names


CALLED_BY_USERS = {
    "sksequence",
    "sksequence.inputs",
    "sksequence.metrics",
    "sksequence.model_selection",
    "sksequence.preprocessing",
    "sksequence.estimators",
    "sksequence.inspection",
    "sksequence.persistence",
    "sksequence.datasets",
    "sksequence.testing",
}


@pytest.mark.parametrize("module", sorted(CALLED_BY_USERS.intersection(public_modules())))
def test_every_public_name_is_typed(module: str) -> None:
    found = {
        name: untyped(function)
        for offered, thing in public_objects(module).items()
        for name, function in public_callables(offered, thing)
    }
    assert not {name: words for name, words in found.items() if words}


@needs_checkout
def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![\w.:/~-])/(?:home|root|Users|mnt|opt|work)/\w+")
    for name in run("git", "ls-files", cwd=ROOT).splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".rst", ".toml", ".txt", ".cff", ".yaml", ""}:
            if path.is_file():
                found = place.search(path.read_text(encoding="utf-8"))
                assert not found, f"{name}: {found}"
