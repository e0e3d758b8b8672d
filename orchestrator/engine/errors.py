"""Which errors does the engine know?

EngineError
├── ExecutionNotFoundError     no execution of this name
├── ScenarioNotFoundError      no scenario of this name
├── BatchIdReusedError         an accepted batch id with other content
├── TaskUuidTakenError         a task uuid that another batch has used
├── EventsTrimmedError         events that were acknowledged and forgotten
├── SequenceAheadError         a sequence that this journal has not reached
├── JournalDivergedError       a replay that does not agree with its journal
├── NotSteppedError            time can be advanced by hand only on a stepped clock
├── NotInjectableError         faults can be put only into a deployment that runs
├── UnknownTargetError         a fault for a node or task that the execution does not have
├── JournalVersionError        a journal file of another version
└── ShuttingDownError          nothing new is taken
"""

from __future__ import annotations

from orchestrator.domain.errors import OrchestratorError


class EngineError(OrchestratorError):
    """Root of what the engine refuses."""


class ExecutionNotFoundError(EngineError):
    """No execution of this name."""

    def __init__(self, task_uuid: str) -> None:
        self.task_uuid = task_uuid
        super().__init__(f"execution {task_uuid!r} is not known")


class ScenarioNotFoundError(EngineError):
    """No scenario of this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"scenario {name!r} is not known")


class BatchIdReusedError(EngineError):
    """The batch id was accepted before with other content."""

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id
        super().__init__(f"batch {batch_id!r} was accepted before with other content")


class TaskUuidTakenError(EngineError):
    """The task uuid belongs to another batch."""

    def __init__(self, task_uuid: str, batch_id: str) -> None:
        self.task_uuid, self.batch_id = task_uuid, batch_id
        super().__init__(f"task_uuid {task_uuid!r} belongs to batch {batch_id!r}")


class EventsTrimmedError(EngineError):
    """Events after the asked sequence were acknowledged and are gone."""

    def __init__(self, task_uuid: str, asked: int, trimmed: int) -> None:
        self.task_uuid, self.asked, self.oldest_sequence = task_uuid, asked, trimmed + 1
        super().__init__(
            f"execution {task_uuid!r}: events after {asked} are asked for, those up to {trimmed} "
            "are trimmed"
        )


class SequenceAheadError(EngineError):
    """The journal has not reached the asked sequence: it is not the one that sent it."""

    def __init__(self, task_uuid: str, asked: int, last: int) -> None:
        self.task_uuid, self.asked, self.last_sequence = task_uuid, asked, last
        super().__init__(
            f"execution {task_uuid!r}: events after {asked} are asked for, the newest is {last}"
        )


class JournalDivergedError(EngineError):
    """Running an execution again gave other events than its journal holds."""

    def __init__(self, task_uuid: str, sequence: int) -> None:
        self.task_uuid, self.sequence = task_uuid, sequence
        super().__init__(
            f"execution {task_uuid!r}: its events from {sequence} on cannot be reproduced"
        )


class NotSteppedError(EngineError):
    """The execution's clock is not stepped by hand."""

    def __init__(self, task_uuid: str) -> None:
        self.task_uuid = task_uuid
        super().__init__(f"execution {task_uuid!r} does not run on a stepped clock")


class ShuttingDownError(EngineError):
    """The service is ending."""

    def __init__(self) -> None:
        super().__init__("the service is shutting down")


class NotInjectableError(EngineError):
    """The execution does not run, or is no deployment."""

    def __init__(self, task_uuid: str) -> None:
        self.task_uuid = task_uuid
        super().__init__(f"execution {task_uuid!r} is no deployment that runs")


class UnknownTargetError(EngineError):
    """The execution has no such node, or the node no such task."""

    def __init__(self, task_uuid: str, uid: str, task_id: str) -> None:
        self.task_uuid, self.uid, self.task_id = task_uuid, uid, task_id
        super().__init__(f"execution {task_uuid!r} has no {'/'.join(filter(None, (uid, task_id)))}")


class JournalVersionError(EngineError):
    """The journal file was written by another version of the service."""

    def __init__(self, path: str, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(f"journal {path} has version {found}, this service reads {known}")
