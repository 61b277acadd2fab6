"""The types of the arrays that the simulations pass on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Amplitudes", "Bits", "Complexes", "Data", "Integers", "Reals", "Values"]

Bits: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex128]
Amplitudes: TypeAlias = NDArray[np.complexfloating[Any, Any]]
"""Of states, whose precision is single where a device errs, and else double."""
Data: TypeAlias = NDArray[np.bool_ | np.float64 | np.complex128]
"""What a result holds: bits, expectation values, or points in the IQ plane."""
Values: TypeAlias = NDArray[np.generic]
"""Whatever somebody sent."""
