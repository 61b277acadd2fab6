"""Results of the primitives in the ``__type__`` encoding: data bins, PUB results, the whole.

Source: the result models of ibm-quantum-schemas (``sampler.version_0_1``,
``estimator.version_0_1``) and the decoders of qiskit-ibm-runtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.arrays import Bits, Values
from pytest_qchannel.emulator.programs.codec import Encoded
from pytest_qchannel.wire import compact

__all__ = ["bit_array", "nested", "primitive_result", "pub_result"]


def bit_array(bits: Bits) -> Encoded:
    """A ``BitArray``.

    Args:
        bits: Of shape ``(*pub_shape, shots, num_bits)``; the last axis starts with bit 0.
    """
    # Big-endian, padded on the left; column k of ours is bit k of the value.
    width = bits.shape[-1]
    packed = np.packbits(bits, axis=-1, bitorder="little")[..., ::-1]
    value = {"array": codec.encode_array(packed), "num_bits": width}
    return {"__type__": "BitArray", "__value__": value}


def pub_result(
    kind: str, fields: Mapping[str, Encoded], shape: Sequence[int], metadata: Mapping[str, object]
) -> Encoded:
    """The result of one PUB.

    Args:
        kind: ``SamplerPubResult`` or ``PubResult``.
        fields: The data bin's fields, encoded.
        shape: The PUB's shape.
        metadata: As JSON has it.
    """
    data = {
        "field_names": list(fields),
        "field_types": [encoded["__type__"] for encoded in fields.values()],
        "shape": list(shape),
        "fields": dict(fields),
    }
    value = {"data": {"__type__": "DataBin", "__value__": data}, "metadata": metadata}
    return {"__type__": kind, "__value__": value}


def primitive_result(
    pub_results: Iterable[Encoded], *metadata: Mapping[str, object]
) -> tuple[bytes, ...]:
    """The whole result as JSON, once with each of ``metadata``; the data is encoded only once."""
    pubs = compact(list(pub_results))
    return tuple(
        b'{"__type__":"PrimitiveResult","__value__":{"pub_results":%b,"metadata":%b}}'
        % (pubs, compact(one))
        for one in metadata
    )


def nested(array: Values) -> object:
    """An array as plain lists; a complex number as the pair of its real and imaginary part.

    What is not finite becomes ``None``: JSON has no such numbers.
    """
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return np.where(np.isfinite(array), array.astype(np.object_), np.array(None)).tolist()
    return array.tolist()
