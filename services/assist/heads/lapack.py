"""LAPACK's Cholesky routines, called so that other threads go on meanwhile.

SciPy's own wrappers hold the interpreter's lock as long as LAPACK works: for a playbook of 4,000
utterances every turn of every tenant would wait a second. The routines are those that SciPy offers
to Cython, called through ctypes, which lets the lock go; the numbers are the same to the last bit.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Triangle = Literal[b"U", b"L"]

_INT, _FLOATS = ctypes.POINTER(ctypes.c_int), ctypes.c_void_p


def factor(matrix: Floats, triangle: Triangle) -> int:
    """Factor a positive definite ``matrix`` in place (``spotrf``); 0 when it is one."""
    size = ctypes.c_int(len(matrix))
    failed = ctypes.c_int()
    _routine("spotrf", ctypes.c_char_p, _INT, _FLOATS, _INT, _INT)(
        triangle, size, _data(matrix), size, failed
    )
    return failed.value


def invert(factored: Floats, triangle: Triangle) -> int:
    """Turn what ``factor`` left into that triangle of the inverse, in place (``spotri``)."""
    size = ctypes.c_int(len(factored))
    failed = ctypes.c_int()
    _routine("spotri", ctypes.c_char_p, _INT, _FLOATS, _INT, _INT)(
        triangle, size, _data(factored), size, failed
    )
    return failed.value


def solve(factored: Floats, right: Floats, triangle: Triangle) -> int:
    """Replace ``right`` (rows, outputs) by the solution, after ``factor`` (``spotrs``)."""
    size, outputs = ctypes.c_int(len(factored)), ctypes.c_int(right.shape[1])
    failed = ctypes.c_int()
    kinds = (ctypes.c_char_p, _INT, _INT, _FLOATS, _INT, _FLOATS, _INT, _INT)
    _routine("spotrs", *kinds)(
        triangle, size, outputs, _data(factored), size, _data(right), size, failed
    )
    return failed.value


def _data(matrix: Floats) -> int:
    if matrix.dtype != np.float32 or not matrix.flags.f_contiguous:
        msg = "LAPACK works in place on float32 in Fortran's order"
        raise ValueError(msg)
    return matrix.ctypes.data


@cache
def _routine(name: str, *kinds: Any) -> Callable[..., None]:
    # Imported here: it costs time that services without heads should not pay.
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__[name]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address_of = ctypes.pythonapi.PyCapsule_GetPointer
    address_of.restype, address_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address = address_of(capsule, name_of(capsule))
    if address is None:
        msg = f"SciPy offers no {name}"
        raise RuntimeError(msg)
    return ctypes.CFUNCTYPE(None, *kinds)(address)
