"""Group 1: by which method and with which information are nodes provisioned?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from planner.domain.addresses import propose_addresses
from planner.domain.facts import expected_state
from planner.domain.provisioning import provision_message, provision_method
from planner.domain.reference_message import render_message
from planner.domain.tagging import tag_nodes
from planner.services.snapshots import present_snapshot
from tests.golden.flow.loading import CLUSTER, scene
from tests.golden.flow.messages import normal, trimmed_like, without_commands
from tests.golden.flow.verdict import Difference, compare

if TYPE_CHECKING:
    from planner.domain.messages import ProvisionMessage
    from tests.golden.flow.loading import Scene
    from tests.golden.flow.recording import Recording


def table_differences(recording: Recording) -> list[Difference]:
    """Compare the method chosen for each way to write the setting."""
    written: dict[str, dict[str, str]] = {"absent": {}, "present, without method": {}}
    return [
        difference
        for index, row in enumerate(recording.rows)
        for setting in (row["provision_attribute"],)
        for chosen in (provision_method(written.get(str(setting), setting)),)
        for difference in compare(f"rows[{index}].method", row["method"], chosen.value)
    ]


def differences(recording: Recording) -> list[Difference]:
    """Compare the message that provisions the nodes of the call."""
    (step,) = recording.steps
    sent = [message["body"] for cast in step["casts"] for message in cast["messages"]]
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        made = _message(loaded, [str(number) for number in step["given"]["nodes"]])
    ours = json.loads("".join(render_message(made, "u1")))
    if step["raised"]:
        return [Difference("raised", step["raised"]["class"], ours["method"])]
    recorded = without_commands(normal(sent[0]))
    return compare("messages[0]", recorded, trimmed_like(recorded, ours))


def _message(loaded: Scene, uids: list[str]) -> ProvisionMessage:
    """Make the message as a plan does."""
    with loaded.store.read() as work:
        snapshot = present_snapshot(work, CLUSTER, force=False)
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    tags = tag_nodes(release, cluster, nodes).tags
    state = expected_state(
        release, cluster, nodes, tags, propose_addresses(release, cluster, nodes)
    )
    chosen = [node for node in nodes if node.uid in uids]
    return provision_message(release, chosen, state)
