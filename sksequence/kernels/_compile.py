"""From a plan to machine code, kept in a folder so that the next process need not compile."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path

import torch

from sksequence.cells import CELLS, make_cell
from sksequence.kernels._plan import Plan, plan_of
from sksequence.utils import import_optional

logger = logging.getLogger("sksequence.kernels")
FORMAT = 1  # of what is kept there: machine code behind its checksum
FOLDER = "SKSEQUENCE_KERNELS"  # environment variable: where compiled kernels are kept
_LOOP = CFUNCTYPE(None, c_void_p, c_void_p, c_int64, c_int64)  # called without the GIL
_lock = threading.RLock()
_loops: dict[tuple, Loops] = {}
_jit: list = []


@dataclass(frozen=True)
class Loops:
    """Compiled functions of one plan, and the places of their arguments."""

    forward: Callable
    backward: Callable
    names: dict[str, int]
    lanes: int
    library: object  # keeps the code alive


def loops_of(plan: Plan, bits: int) -> Loops:
    """The compiled loops of a plan; compiled at the first call, safe from several threads."""
    key = (tuple(s.stage for s in plan.stages), tuple(s.biases for s in plan.stages), bits)
    found = _loops.get(key)
    if found is None:
        with _lock:
            found = _loops.get(key)
            if found is None:
                found = _loops[key] = _make(plan, bits)
    return found


def compile_kernels(cells=None, dtypes=("float32",)) -> float:
    """Compile the loops of cells now rather than at their first use.

    Compiled code is kept in the folder that the environment variable ``SKSEQUENCE_KERNELS``
    names, else in the user's cache folder, and read from there by the next process.

    Parameters
    ----------
    cells : list of str or Cell, default=None
        Names or cell objects; None: every cell that has a name.
    dtypes : tuple of str, default=("float32",)
        ``"float32"`` and ``"float64"``.

    Returns
    -------
    float
        Seconds that it took; about 0.3 for a cell that was not compiled before.

    Raises
    ------
    ImportError
        Without the extra ``fast``, which brings the compiler.

    Examples
    --------
    >>> from sksequence.kernels import compile_kernels
    >>> seconds = compile_kernels(["gru"])
    """
    import_optional("llvmlite", extra="fast", purpose="compile_kernels")
    started = time.perf_counter()
    for cell in map(make_cell, CELLS if cells is None else cells):
        if cell.stages() is not None:
            weights = cell.initial_weights(1, 2, torch.Generator())
            plan = plan_of(cell, cell.prepare(weights, 2), 2)
            for dtype in dtypes:
                loops_of(plan, {"float32": 32, "float64": 64}[dtype])
    return time.perf_counter() - started


def _make(plan, bits):
    from sksequence.kernels._emit import loop_module
    from sksequence.kernels._matrix import matrix_module

    started = time.perf_counter()
    machine = _machine()
    real = machine.real(bits)
    products = _products(machine, bits, lambda: matrix_module(real))
    module, names = loop_module(plan, real)
    code, known = machine.code(str(module))
    library = machine.link(code, f"loops {len(_loops)}", products)
    forward, backward = (_LOOP(library[name]) for name in ("forward", "backward"))
    logger.info(
        "loops over time in %d bits %s in %.2f s",
        bits,
        "read from the folder" if known else "compiled",
        time.perf_counter() - started,
    )
    return Loops(forward, backward, names, real.lanes, library)


def _products(machine, bits, module):
    """Addresses of the products of few rows with a matrix."""
    from sksequence.kernels._matrix import ROWS

    if bits not in machine.products:
        code, _ = machine.code(str(module()))
        names = [f"product_{rows}" for rows in ROWS]
        library = machine.link(code, f"products {bits}", {}, names)
        machine.products[bits] = {name: library[name] for name in names}
        machine.libraries.append(library)
    return machine.products[bits]


def _machine():
    if not _jit:
        _jit.append(_Machine())
    return _jit[0]


class _Machine:
    """This processor's compiler."""

    def __init__(self):
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.llvm = llvm
        self.features = llvm.get_host_cpu_features()
        self.target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=self.features.flatten(), opt=2, jit=True
        )
        self.jit = llvm.create_lljit_compiler(self.target)
        self.products: dict[int, dict] = {}
        self.libraries: list = []

    def real(self, bits):
        """Registers of 512, 256 or 128 bits."""
        from sksequence.kernels._lanes import Real

        known = self.features
        wide = 512 if known.get("avx512f") else 256 if known.get("avx2") else 128
        return Real(bits, wide, bool(known.get("fma")) or self.target.triple.startswith("aarch64"))

    def code(self, text):
        """Machine code of a module, and whether it was kept from before."""
        path = _folder() / f"{self._key(text)}.o"
        code = _kept(path)
        if code is not None:
            return code, True
        llvm = self.llvm
        module = llvm.parse_assembly(text)
        module.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = options.slp_vectorization = False  # it is, by hand
        builder = llvm.create_pass_builder(self.target, options)
        builder.getModulePassManager().run(module, builder)
        code = self.target.emit_object(module)
        _keep(path, code)
        return code, False

    def _key(self, text):
        """Of the code: the text, the processor and the compiler."""
        from llvmlite import __version__

        about = [FORMAT, text, self.llvm.get_host_cpu_name(), self.features.flatten(), __version__]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    def link(self, code, name, imported, exported=("forward", "backward")):
        """Addresses of the functions of a piece of machine code."""
        builder = self.llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
        for each, address in imported.items():
            builder.import_symbol(each, address)
        for each in exported:
            builder.export_symbol(each)
        return builder.link(self.jit, name)


def _folder() -> Path:
    """Where code is kept: the environment's choice, or the user's cache."""
    chosen = os.environ.get(FOLDER)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "sksequence" / "kernels"


def _kept(path):
    """Code from the folder, whole, or None; it lies behind its checksum."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    mark, code = found[:32], found[32:]
    return code if hashlib.sha256(code).digest() == mark else None


def _keep(path, code):
    """Write in one piece; a folder that cannot be written to is no harm."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(file.name, path)
    except OSError as error:
        logger.info("compiled loops are not kept: %s", error)
