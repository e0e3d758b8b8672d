"""Does a stream of parts make a whole batch: header, messages or their pieces, commit?"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from orchestrator.domain.errors import MessageRefusedError, Violation
from orchestrator.domain.message import StopDeployTask
from orchestrator.engine.event_blocks import encode_tables
from orchestrator.engine.records import Submission
from orchestrator.rpc.errors import RequestInvalidError
from orchestrator.rpc.message_reader import read_message
from orchestrator.rpc.names import id_violation
from orchestrator.simulate.opening import check
from orchestrator.v1 import message_pb2, orchestrator_service_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.v1.orchestrator_service_pb2 import (
        BatchCommit,
        BatchHeader,
        SubmitBatchRequest,
    )

MAX_PIECE: Final = 1 << 20
MAX_MESSAGES: Final = 1_000
MAX_LABELS: Final = 64
MAX_LABEL: Final = 1_024


@dataclass(frozen=True, slots=True)
class AssembledBatch:
    """A whole batch as it arrived, its checksums right, its messages not looked at."""

    batch_id: str
    labels: Mapping[str, str]
    scenario: str
    messages: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        """Tell batches with different content apart."""
        digest = hashlib.sha256()
        labels = [part for pair in sorted(self.labels.items()) for part in pair]
        for text in (self.batch_id, self.scenario, *labels):
            digest.update(hashlib.sha256(text.encode()).digest())
        for message in self.messages:
            digest.update(hashlib.sha256(message).digest())
        return digest.digest()


@dataclass(slots=True)
class BatchAssembly:
    """Takes the parts of one stream in order; raises RequestInvalidError at the first misfit."""

    max_bytes: int
    _header: BatchHeader | None = None
    _messages: list[bytes] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)
    _size: int = 0
    _is_committed: bool = False
    _sha256: bytes = b""

    def take(self, request: SubmitBatchRequest) -> None:
        """Take the next part."""
        part = request.WhichOneof("part")
        if self._is_committed:
            raise _invalid("part", "nothing may follow the commit")
        if (part == "header") != (self._header is None):
            raise _invalid("part", f"the header comes first, and once; this is {part or 'unset'}")
        match part:
            case "header":
                self._take_header(request.header)
            case "message":
                self._take_message(request.message)
            case "piece":
                self._take_piece(request.piece)
            case "commit":
                self._take_commit(request.commit)
            case _:
                raise _invalid("part", "exactly one part is required")

    def finish(self) -> AssembledBatch:
        """Return the batch; raises RequestInvalidError for a stream that ended too early."""
        if self._header is None or not self._is_committed:
            raise _invalid("part", "the stream ended before its commit")
        return AssembledBatch(
            batch_id=self._header.batch_id,
            labels=dict(self._header.labels),
            scenario=self._header.scenario.removeprefix("scenarios/"),
            messages=tuple(self._messages),
        )

    def _take_header(self, header: BatchHeader) -> None:
        violations: list[Violation | None] = [id_violation(header.batch_id, "header.batch_id")]
        if len(header.labels) > MAX_LABELS or any(
            len(text) > MAX_LABEL for pair in header.labels.items() for text in pair
        ):
            text = f"at most {MAX_LABELS} labels of {MAX_LABEL} characters"
            violations.append(Violation("INVALID_LABELS", "header.labels", text))
        if found := [noted for noted in violations if noted is not None]:
            raise RequestInvalidError(found)
        self._header = header

    def _take_message(self, message: message_pb2.Message) -> None:
        if self._pieces:
            raise _invalid("message", "the message before it lacks its last piece")
        self._keep(message.SerializeToString(deterministic=True))

    def _take_piece(self, piece: orchestrator_service_pb2.MessagePiece) -> None:
        if len(piece.data) > MAX_PIECE:
            raise _invalid("piece.data", f"{len(piece.data)} bytes; at most {MAX_PIECE}")
        self._size += len(piece.data)
        self._check_size()
        self._pieces.append(piece.data)
        if piece.last:
            self._size -= sum(len(data) for data in self._pieces)
            self._keep(b"".join(self._pieces))
            self._pieces = []

    def _keep(self, message: bytes) -> None:
        self._size += len(message)
        self._check_size()
        self._messages.append(message)
        if len(self._messages) > MAX_MESSAGES:
            raise _invalid("part", f"more than {MAX_MESSAGES} messages")

    def _check_size(self) -> None:
        if self._size > self.max_bytes:
            raise _invalid("part", f"the batch is larger than {self.max_bytes} bytes")

    def _take_commit(self, commit: BatchCommit) -> None:
        if self._pieces:
            raise _invalid("commit", "a message lacks its last piece")
        if not commit.message_count or commit.message_count != len(self._messages):
            text = f"says {commit.message_count}, {len(self._messages)} arrived; at least 1"
            raise _invalid("commit.message_count", text)
        actual = hashlib.sha256(b"".join(self._messages)).digest()
        if commit.sha256 and not hmac.compare_digest(commit.sha256, actual):
            raise _invalid("commit.sha256", "does not fit the bytes that arrived")
        self._is_committed = True


def validated(messages: tuple[bytes, ...]) -> list[Submission]:
    """Validate every message of a batch whole.

    Raises MessageRefusedError with every violation of every message.
    """
    violations: list[Violation] = []
    submissions: list[Submission] = []
    seen: set[str] = set()
    for index, data in enumerate(messages):
        try:
            submission = _submission(data)
        except MessageRefusedError as error:
            violations += _prefixed(index, error.violations)
            continue
        if submission.task_uuid in seen:
            text = f"{submission.task_uuid!r} occurs twice in the batch"
            field = f"messages[{index}].task_uuid"
            violations.append(Violation("DUPLICATE_TASK_UUID", field, text))
        seen.add(submission.task_uuid)
        submissions.append(submission)
    if violations:
        raise MessageRefusedError(violations)
    return submissions


def _submission(data: bytes) -> Submission:
    try:
        parsed = message_pb2.Message.FromString(data)
    except DecodeError as error:
        violation = Violation("INVALID_MESSAGE", "message", f"is no serialized Message: {error}")
        raise MessageRefusedError([violation]) from error
    message = read_message(parsed)
    wrong_id = id_violation(message.task_uuid, "task_uuid")
    if wrong_id is not None:
        raise MessageRefusedError([wrong_id])
    tables = check(message)
    work = message.work
    stops = work.stop_task_uuid if isinstance(work, StopDeployTask) else ""
    return Submission(message.task_uuid, message.method, data, encode_tables(tables), stops)


def _prefixed(index: int, violations: tuple[Violation, ...]) -> list[Violation]:
    return [Violation(v.reason, f"messages[{index}].{v.field}", v.description) for v in violations]


def _invalid(field: str, description: str) -> RequestInvalidError:
    return RequestInvalidError([Violation("INVALID_BATCH", field, description)])
