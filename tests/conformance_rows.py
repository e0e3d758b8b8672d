"""Which names of the original have which counterpart here, and which test shows it?

Each row is (original, counterpart, test, note); the last ones may be left out. Where one page of
ours is behind several names, each is listed.
"""

from __future__ import annotations

from typing import Final

LATER: Final = "comes with issue 7"

_D = "tests/planner/domain"
_S = "tests/planner/services"
_E = "tests/e2e"
_G = "tests/golden"

ROWS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "Call chain": (
        (
            "ClusterChangesHandler.PUT",
            "planner.rpc.changes:PlannerServicer.ApplyChanges",
            f"{_E}/test_main_job.py::test_every_node_ends_ready",
        ),
        (
            "ApplyChangesTaskManager._execute_async",
            "planner.services.planning:plan_transaction",
            f"{_S}/test_planning.py::test_a_plan_is_stored_with_all_that_follows_from_it",
        ),
        (
            "ApplyChangesTaskManager._execute_async_content",
            "planner.domain.classic_plan:plan_classic",
            f"{_D}/test_classic_plan.py::test_deletion_comes_before_provisioning_and_deployment",
        ),
        (
            "rpc.cast",
            "planner.dispatch.courier:Courier",
            f"{_E}/test_kill.py::test_a_killed_service_carries_on",
            "messages leave through an outbox, exactly once in effect",
        ),
    ),
    "Task managers": (
        (
            "TaskManager",
            "planner.services.acceptance:accept",
            f"{_S}/test_changes.py::test_an_accepted_change_is_a_pending_transaction",
        ),
        (
            "TaskManager._call_silently",
            "planner.domain.outcome:refuse",
            f"{_S}/test_planning.py::test_an_error_of_the_graph_ends_the_transaction",
        ),
        (
            "TaskManager._finish_task",
            "planner.services.finishing:store_outcome",
            f"{_S}/test_activity.py::test_an_operation_is_open_until_its_transaction_has_ended",
        ),
        (
            "TaskManager.check_running_task",
            "planner.services.acceptance:check_idle",
            f"{_S}/test_changes.py::test_a_second_change_is_a_conflict_that_names_the_first",
        ),
        (
            "TaskManager.serialize_network_cfg",
            "planner.domain.addresses:propose_addresses",
            f"{_D}/test_addresses.py::test_virtual_addresses_come_first_then_nodes_by_number",
        ),
        (
            "BaseDeploymentTaskManager",
            "planner.services.changes:apply_changes",
            f"{_S}/test_changes.py::test_preview_equals_apply",
        ),
        (
            "ApplyChangesTaskManager",
            "planner.services.changes:apply_changes",
            f"{_S}/test_changes.py::test_an_older_release_refuses_when_there_is_nothing_to_deploy",
        ),
        ("SpawnVMsTaskManager", "", "", LATER),
        ("ProvisioningTaskManager", "", "", LATER),
        ("DeploymentTaskManager", "", "", LATER),
        (
            "TransactionsManager",
            "planner.services.changes:run_graphs",
            f"{_S}/test_graph_runs.py::test_graphs_run_in_their_order",
        ),
        (
            "StopDeploymentTaskManager",
            "planner.services.stopping:stop_transaction",
            f"{_E}/test_stop_and_retry.py::test_a_stop_in_the_middle_ends_stopped",
        ),
        ("ClearTaskHistory", "", "", LATER),
        ("ResetEnvironmentTaskManager", "", "", LATER),
        ("CheckNetworksTaskManager", "", "", LATER),
        ("VerifyNetworksTaskManager", "", "", LATER),
        ("DumpTaskManager", "", "", LATER),
        ("GenerateCapacityLogTaskManager", "", "", LATER),
        ("NodeDeletionTaskManager", "", "", LATER),
        ("BaseStatsUserTaskManager", "", "", LATER),
        ("CreateStatsUserTaskManager", "", "", LATER),
        ("RemoveStatsUserTaskManager", "", "", LATER),
        ("UpdateDnsmasqTaskManager", "", "", LATER),
        ("OpenstackConfigTaskManager", "", "", LATER),
    ),
    "Tasks": (
        (
            "BaseDeploymentTask",
            "planner.domain.planned:PlannedStep",
            f"{_D}/test_task_groups.py::test_what_would_be_sent_names_the_plan",
        ),
        (
            "DeploymentTask",
            "planner.domain.older_deployment:deploy_older",
            f"{_D}/test_use_cases.py::test_use_case",
        ),
        (
            "DeploymentTask.message",
            "planner.domain.classic_steps:deployment_steps",
            (
                f"{_D}/test_classic_plan.py::"
                "test_an_older_release_is_deployed_as_a_graph_with_the_data_of_each_role"
            ),
        ),
        (
            "DeploymentTask._extend_tasks_list",
            "planner.domain.older_deployment:older_request",
            (
                f"{_D}/test_classic_plan.py::"
                "test_healthy_nodes_of_a_running_cluster_are_told_of_a_change"
            ),
        ),
        (
            "DeploymentTask.granular_deploy",
            "planner.domain.graph.granular_plan:plan_granular",
            f"{_D}/test_classic_plan.py::test_older_tasks_are_deployed_role_by_role",
        ),
        (
            "DeploymentTask.deploy",
            "",
            "",
            "releases before 6.1 are not supported; no Astute that was left knows the method",
        ),
        (
            "DeploymentTask.task_deploy",
            "planner.domain.graph.task_based_plan:plan_task_based",
            f"{_D}/graph/test_graph_property.py::test_older_form_edges_are_the_obvious_ones",
        ),
        (
            "DeploymentTask.call_deployment_method",
            "planner.domain.older_deployment:deploy_older",
            f"{_D}/test_classic_plan.py::test_older_tasks_are_deployed_role_by_role",
        ),
        (
            "DeploymentTask._save_deployment_info",
            "planner.services.plan_storing:store_step",
            f"{_S}/test_changes.py::test_what_did_not_change_is_not_run_again",
        ),
        (
            "ClusterTransaction",
            "planner.domain.task_step:plan_task_step",
            f"{_D}/test_node_selection.py::test_lcm_deploys_every_node_that_stays",
        ),
        (
            "UpdateNodesInfoTask",
            "planner.domain.older_deployment:tell_node_list",
            f"{_D}/test_classic_plan.py::test_an_older_release_that_only_loses_nodes_tells_the_others",
        ),
        (
            "ProvisionTask",
            "planner.domain.classic_steps:provision_step",
            f"{_D}/test_classic_plan.py::test_provisioning_is_what_installs_new_nodes",
        ),
        (
            "ProvisionTask._get_provision_method",
            "planner.domain.provisioning:provision_method",
            f"{_D}/test_provisioning.py::test_the_setting_chooses_the_method",
        ),
        (
            "ProvisionTask.message",
            "planner.domain.provisioning:provision_message",
            (
                f"{_D}/test_provisioning.py::"
                "test_a_node_is_described_by_its_names_address_and_hardware"
            ),
        ),
        (
            "DeletionTask",
            "planner.domain.removal:removal_message",
            (
                f"{_D}/test_classic_plan.py::"
                "test_nodes_are_deleted_with_a_look_at_the_objects_they_keep"
            ),
        ),
        ("DeleteIBPImagesTask", "", "", LATER),
        (
            "StopDeploymentTask",
            "planner.domain.transaction:StopRequest",
            f"{_S}/test_progress.py::test_a_stop_is_passed_on_and_ends_stopped",
            "a call of the orchestrator, not a message",
        ),
        ("ResetEnvironmentTask", "", "", LATER),
        ("ClusterDeletionTask", "", "", LATER),
        ("VerifyNetworksTask", "", "", LATER),
        ("CheckDhcpTask", "", "", LATER),
        ("MulticastVerificationTask", "", "", LATER),
        ("BaseNetworkVerification", "", "", LATER),
        (
            "CheckNetworksTask",
            "planner.domain.preflight.networks:check",
            f"{_D}/preflight/test_network_rules.py::test_a_network_that_is_wrong_is_named",
        ),
        (
            "CheckBeforeDeploymentTask",
            "planner.domain.preflight:check",
            f"{_D}/preflight/test_preflight.py::test_every_violation_is_found_at_once",
        ),
        ("DumpTask", "", "", LATER),
        ("GenerateCapacityLogTask", "", "", LATER),
        ("CreateStatsUserTask", "", "", LATER),
        ("RemoveStatsUserTask", "", "", LATER),
        ("UpdateDnsmasqTask", "", "", LATER),
        ("UpdateOpenstackConfigTask", "", "", LATER),
    ),
    "Functions and objects": (
        (
            "make_astute_message",
            "planner.domain.reference_message:render_message",
            f"{_S}/test_transactions.py::test_messages_are_read_with_their_steps",
        ),
        (
            "deployment_info_to_legacy",
            "planner.domain.older_deployment:deploy_older",
            (
                f"{_D}/test_classic_plan.py::"
                "test_an_older_release_is_deployed_as_a_graph_with_the_data_of_each_role"
            ),
        ),
        (
            "logs_utils.prepare_syslog_dir",
            "",
            "",
            "nodes are simulated and write no logs that a directory would be needed for",
        ),
        (
            "NodeCollection.lock_nodes",
            "planner.storage.nodes:NodeRows.lock",
            (
                "tests/planner/services/test_races.py::"
                "test_a_report_does_not_undo_what_was_recorded_meanwhile"
            ),
        ),
        (
            "Transaction.attach_tasks_snapshot",
            "planner.services.plan_storing:store_step",
            f"{_S}/test_planning.py::test_steps_and_runs_begin_pending",
        ),
        (
            "Transaction.attach_cluster_settings",
            "planner.storage.snapshots:SnapshotRows.take",
            f"{_S}/test_planning.py::test_a_cluster_that_changes_while_it_is_planned_is_planned_again",
        ),
        (
            "Transaction.attach_network_settings",
            "planner.storage.snapshots:SnapshotRows.take",
            f"{_S}/test_planning.py::test_a_cluster_that_changes_while_it_is_planned_is_planned_again",
        ),
        (
            "Cluster.get_deployment_tasks",
            "planner.domain.graph_layers:GraphLayers.graph",
            f"{_S}/test_graphs.py::test_a_cluster_wins_over_plugins_and_they_over_the_release",
        ),
        (
            "Cluster.get_editable_attributes",
            "planner.domain.settings:Settings",
            f"{_D}/test_facts.py::test_settings_win_over_facts_and_facts_over_release_defaults",
        ),
        (
            "Cluster.get_network_attributes",
            "planner.domain.networks:NetworkPlan",
            f"{_D}/test_addresses.py::test_node_groups_have_networks_of_their_own",
        ),
        (
            "TagResolver",
            "planner.domain.tagging:tag_nodes",
            f"{_D}/test_tagging.py::test_tags_are_the_union_over_deployed_and_pending_roles",
        ),
        (
            "AstuteGraph.check",
            "planner.domain.graph.strict:check_plan",
            f"{_D}/graph/test_granular_plan.py::test_unsound_graphs_are_refused",
        ),
        (
            "AstuteGraph.only_tasks",
            "planner.domain.graph.lcm_tasks:select_tasks",
            f"{_S}/test_planning.py::test_selected_tasks_run_and_the_others_are_skipped",
        ),
        (
            "AstuteGraph.reexecutable_tasks",
            "planner.domain.graph.task_based_plan:plan_task_based",
            f"{_D}/graph/test_reasons.py::test_affected_nodes_of_the_older_form",
        ),
        (
            "stages.pre_deployment_serialize",
            "planner.domain.graph.granular_plan:plan_granular",
            f"{_D}/graph/test_granular_plan.py::test_recorded_messages",
        ),
        (
            "stages.post_deployment_serialize",
            "planner.domain.graph.granular_plan:plan_granular",
            f"{_D}/graph/test_granular_plan.py::test_recorded_messages",
        ),
        (
            "deployment_serializers.serialize",
            "planner.domain.facts:expected_state",
            f"{_D}/graph/test_recorded_vectors.py::test_lcm_assembly",
        ),
        (
            "provisioning_serializers.serialize",
            "planner.domain.provisioning:provision_message",
            f"{_D}/test_provisioning.py::test_settings_reach_the_installer",
        ),
        (
            "TasksSerializer",
            "planner.domain.graph.planning:plan_graph",
            f"{_G}/test_planner_cases.py::test_case_agrees_with_the_original",
        ),
        (
            "TaskEvents",
            "planner.domain.graph.request:PlanRequest",
            f"{_D}/graph/test_reasons.py::test_affected_nodes_of_the_older_form",
        ),
    ),
    "Errors": (
        (
            "TaskAlreadyRunning",
            "planner.domain.errors:Conflict",
            f"{_S}/test_graph_runs.py::test_one_run_at_a_time",
        ),
        (
            "DeploymentAlreadyStarted",
            "planner.domain.errors:Conflict",
            f"{_S}/test_changes.py::test_a_second_change_is_a_conflict_that_names_the_first",
        ),
        ("NoChanges", "", "", LATER),
        (
            "DryRunSupportedOnlyByLCM",
            "planner.domain.errors:PreconditionFailed",
            f"{_S}/test_changes.py::test_an_older_release_cannot_run_dry",
        ),
        (
            "WrongNodeStatus",
            "planner.domain.errors:PreconditionFailed",
            f"{_S}/test_changes.py::test_an_older_release_refuses_when_there_is_nothing_to_deploy",
        ),
        (
            "CheckBeforeDeploymentError",
            "planner.domain.errors:Violation",
            (
                f"{_S}/test_planning.py::"
                "test_a_refused_plan_leaves_everything_but_the_transaction_as_it_was"
            ),
        ),
        (
            "TaskBaseDeploymentNotAllowed",
            "planner.domain.older_deployment:deploy_older",
            f"{_D}/test_classic_plan.py::test_older_tasks_are_deployed_role_by_role",
        ),
    ),
    "Use cases of DeploymentTask": (
        (
            "nodes are added to a cluster",
            "planner.domain.node_selection:choose_nodes",
            f"{_D}/test_use_cases.py::test_use_case",
        ),
        (
            "a new cluster: provision, then deploy",
            "planner.domain.classic_plan:plan_classic",
            f"{_E}/test_main_job.py::test_every_node_ends_ready",
        ),
        (
            "some removed and some added: deletion first",
            "planner.domain.classic_plan:plan_classic",
            f"{_D}/test_classic_plan.py::test_deletion_comes_before_provisioning_and_deployment",
        ),
    ),
    "The receiver": (
        (
            "NailgunReceiver.deploy_resp",
            "planner.services.progress:record_reports",
            f"{_G}/test_report_cases.py::test_recording_does_not_differ",
        ),
        (
            "NailgunReceiver.provision_resp",
            "planner.services.progress:record_reports",
            f"{_G}/test_report_cases.py::test_recording_does_not_differ",
        ),
        (
            "NailgunReceiver.transaction_resp",
            "planner.domain.recording:Recording.fold",
            f"{_G}/test_report_cases.py::test_recording_does_not_differ",
        ),
        (
            "NailgunReceiver.stop_deployment_resp",
            "planner.domain.outcome:end",
            f"{_D}/test_outcome.py::test_a_stop_leaves_nodes_as_they_were_reported",
        ),
        ("NailgunReceiver.remove_nodes_resp", "", "", LATER),
        ("NailgunReceiver.remove_cluster_resp", "", "", LATER),
        ("NailgunReceiver.reset_environment_resp", "", "", LATER),
        ("NailgunReceiver.verify_networks_resp", "", "", LATER),
        ("NailgunReceiver.check_dhcp_resp", "", "", LATER),
        ("NailgunReceiver.dump_environment_resp", "", "", LATER),
        ("NailgunReceiver.update_config_resp", "", "", LATER),
        (
            "objects.Task.update",
            "planner.domain.states:check_transaction",
            f"{_D}/test_recording_laws.py::test_task_runs_walk_their_table",
        ),
        (
            "objects.Task._update_cluster_data",
            "planner.domain.outcome:end",
            f"{_D}/test_outcome.py::test_after_graphs_only_nodes_decide_on_the_cluster",
        ),
        (
            "objects.ActionLog",
            "planner.domain.action_log:ActionLog",
            f"{_S}/test_activity.py::test_a_stop_is_an_operation_of_its_own",
        ),
        (
            "objects.Notification",
            "planner.domain.notifications:Notification",
            f"{_S}/test_activity.py::test_a_repeated_node_failure_is_told_once",
        ),
        (
            "helpers.TaskHelper.nodes_to_deploy",
            "planner.domain.node_selection:choose_nodes",
            f"{_D}/test_recorded_selection.py::test_selection_equals_every_recorded_row",
        ),
    ),
}
