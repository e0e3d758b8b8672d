"""Real time paces a run, it does not change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.orchestrator.graphs import deploy_message, lattice

if TYPE_CHECKING:
    from tests.orchestrator.client import Serving

SCENARIO = """
seed: 11
failures: [{match: {task: task-2}, fail: {probability: 0.4}}]
nodes: [{match: {node: 2}, slow: 1.7}]
"""


async def test_real_and_virtual_time_give_the_same_events(serving: Serving) -> None:
    """The same order, the same times on the execution's own clock."""
    told = []
    for name, clock in (("v", "virtual"), ("r", "real")):
        async with serving(f"{SCENARIO}clock: {{mode: {clock}, speed: 2000}}") as client:
            await client.submit(name, deploy_message(name, lattice(4, 5)))
            told.append((await client.watch(name))[0])
    assert told[0] == told[1]
