"""The result of an executor job, in the schema version that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Data
from pytest_qchannel.emulator.programs.executor.timing import Timing
from pytest_qchannel.emulator.programs.models import Model

__all__ = ["encode"]


def encode(
    module: ModuleType, results: Sequence[Mapping[str, Data]], timing: Timing
) -> dict[str, object]:
    """The result as JSON, without what only passes through.

    Args:
        module: The schema's models.
        results: The arrays of each item by name.
        timing: When which part ran, and schedules where they were asked for.
    """
    data = [
        module.QuantumProgramResultItemModel(
            results={name: _tensor(module, array) for name, array in arrays.items()},
            metadata=_item_metadata(module, timing, number),
        )
        for number, arrays in enumerate(results)
    ]
    spans = [
        module.ChunkSpan(
            start=chunk.start,
            stop=chunk.stop,
            parts=[_part(module, timing, chunk.item, chunk.first, chunk.last)],
        )
        for chunk in timing.chunks
    ]
    model = module.QuantumProgramResultModel(
        data=data, metadata=module.MetadataModel(chunk_timing=spans)
    )
    dumped: dict[str, object] = model.model_dump(mode="json")
    return dumped


def _tensor(module: ModuleType, array: Data) -> Model:
    results = module.QuantumProgramResultItemModel.model_fields["results"].annotation
    tensor = results.__args__[1]  # of dict[str, TensorModel]: compressed since v2.0
    takes = set(tensor.model_fields["dtype"].annotation.__args__)
    if "i64" not in takes and array.dtype.kind in "iu" and array.dtype != np.uint8:
        array = array.astype(np.float64)  # older schemas have no wide integers
    return tensor.from_numpy(np.ascontiguousarray(array))


def _item_metadata(module: ModuleType, timing: Timing, number: int) -> Model | None:
    if not hasattr(module, "ItemMetadataModel"):
        return None  # v0.1
    schedule = timing.schedule(number)
    return module.ItemMetadataModel(
        scheduler_timing=schedule and module.SchedulerTimingModel(**schedule),
        stretch_values=[] if timing.asks_stretches else None,
    )


def _part(module: ModuleType, timing: Timing, item: int, first: int, last: int) -> Model:
    known = module.ChunkPart.model_fields
    fields = {
        "idx_item": item,
        "size": last - first,
        "permutation": list(range(len(timing.items[item].shape))),
        "element_range": (first, last, 1),
    }
    return module.ChunkPart(**{name: value for name, value in fields.items() if name in known})
