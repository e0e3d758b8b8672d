"""How does a batch come in: assembled, validated, given its scenario, accepted?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from orchestrator.engine.errors import ScenarioNotFoundError
from orchestrator.engine.records import BatchRecord
from orchestrator.rpc.batch_assembly import AssembledBatch, BatchAssembly, validated
from orchestrator.rpc.executions import execution_message
from orchestrator.v1 import orchestrator_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orchestrator.engine.engine import Engine
    from orchestrator.engine.ports import Clock


class BatchDoor:
    """Where batches enter; `default_scenario` is the text for batches that name none."""

    def __init__(
        self, engine: Engine, clock: Clock, default_scenario: str, max_batch_bytes: int
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._default_scenario = default_scenario
        self._max_bytes = max_batch_bytes

    async def submit(self, parts: AsyncIterator[pb.SubmitBatchRequest]) -> pb.SubmitBatchResponse:
        """Take a batch from its parts; when this returns it is journaled.

        Raises what assembling, validating and accepting raise; nothing is kept then.
        """
        assembly = BatchAssembly(self._max_bytes)
        async for part in parts:
            assembly.take(part)
        batch = assembly.finish()
        submissions = await asyncio.to_thread(validated, batch.messages)
        record = await asyncio.to_thread(self._record, batch)
        executions = await self._engine.submit(record, submissions)
        return pb.SubmitBatchResponse(
            batch_id=batch.batch_id,
            executions=[execution_message(execution) for execution in executions],
            journal_id=self._engine.journal.journal_id,
        )

    def _record(self, batch: AssembledBatch) -> BatchRecord:
        return BatchRecord(
            batch_id=batch.batch_id,
            digest=batch.digest,
            labels=batch.labels,
            scenario=batch.scenario,
            scenario_text=self._scenario_text(batch),
            created=self._clock.now(),
        )

    def _scenario_text(self, batch: AssembledBatch) -> str:
        """Return the text of the scenario that a new batch names.

        A batch that is already kept has its own text; the scenario may be gone by now.
        """
        if not batch.scenario:
            return self._default_scenario
        if self._engine.journal.has_batch(batch.batch_id):
            return ""
        found = self._engine.journal.scenario(batch.scenario)
        if found is None:
            raise ScenarioNotFoundError(batch.scenario)
        return found[1]
