"""What may be kept of the things that several routes send or answer: a job, a session, an error."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.ibm.route import Fields


def below(prefix: str, fields: Fields) -> dict[str, str]:
    """The fields of a thing at the place that a prefix names."""
    return {prefix + name: rule for name, rule in fields.items()}


def each(names: str, rule: str) -> dict[str, str]:
    """One rule for several names."""
    return dict.fromkeys(names.split(), rule)


ERRORS: Final[Fields] = {
    "errors[].code": "keep", "errors[].message": "prose", "errors[].solution": "prose",
    "errors[].more_info": "doc_url", "trace": "trace", "status_code": "keep",
    "error.status": "keep", "error.statusCode": "keep", "error.name": "keep",
    "error.message": "prose", "error.code": "keep", "error.helpMessage": "prose",
    "errorCode": "keep", "errorMessage": "prose", "errorDetails": "prose",
    "context.requestId": "trace", "context.requestType": "keep", "context.locale": "keep",
    "context.url": "base_url", "context.clientIp": "drop",
    **each("context.userAgent context.instanceId context.threadId context.host "
           "context.clusterName", "origin"),
    "context.startTime": "keep", "context.endTime": "keep", "context.elapsedTime": "keep",
    "detail": "prose", **each("detail[].type detail[].loc[] detail[].input", "keep"),
    "detail[].msg": "prose", "detail[].ctx.**": "keep",
}  # fmt: skip
"""The services' error bodies, the same on every route."""

ERROR_PAGES: Final = (
    "https://cloud.ibm.com/apidocs/quantum-computing#error-handling",
    "https://docs.quantum-computing.ibm.com/errors",
)
"""The ``more_info`` of an error: of the runtime, and of the gateway before the classic platform."""

HGP: Final[Fields] = {"hub": "hub", "group": "group", "project": "project"}
CLASSIC_QUERY: Final[Fields] = {"access_token": "access_token", **HGP}
"""What any query of the classic platform may hold beside its own fields: a credential, as old
programs sent it, and an instance in three fields, as a job's body has it."""

JOB: Final[Fields] = {
    **each(
        "backend status state.status state.reason_code state.reasonCode program.id created ended "
        "cost private usage.** estimated_running_time_seconds estimated_max_running_time_seconds "
        "estimated_start_time estimated_completion_time estimated_queue_time_seconds",
        "keep",
    ),
    "id": "job_id", "state.reason": "prose", "state.reason_solution": "prose", "tags[]": "tag",
    "user_id": "user", "session_id": "session_id", "calibration_id": "calibration",
    "runtime": "image", "params": "params", **HGP,
    **each("remote_storage.** ip city country", "drop"),
}  # fmt: skip
SESSION: Final[Fields] = {
    **each(
        "backend_name interactive_ttl max_ttl active_ttl state accepting_jobs last_job_started "
        "last_job_completed started_at created_at activated_at closed_at mode elapsed_time "
        "timestamps[].** max_session_ttl",
        "keep",
    ),
    "id": "session_id", "state_reason": "prose", "user_id": "user", "instance": "instance_id",
    "messages[].data": "prose", "calibration_id": "calibration",
}  # fmt: skip
JOB_FILTERS: Final[Fields] = {
    **each(
        "exclude_params limit offset backend pending program created_after created_before sort "
        "include_mocks",
        "keep",
    ),
    "tags": "tag", "session_id": "session_id", "provider": "hgp", "search": "search",
}  # fmt: skip
PARAMETERS: Final[Fields] = each(
    "timestamp instance_limit_seconds usage_allocation_seconds", "keep"
)
RESOURCE: Final[Fields] = {
    **each("region_id state type sub_type resource_id allow_cleanup locked", "keep"),
    "id": "instance_id", "crn": "crn", "guid": "guid", "name": "instance",
    "account_id": "account", "resource_plan_id": "plan_id",
    **each(
        "created_at created_by updated_at updated_by deleted_at deleted_by url resource_group_id "
        "resource_group_crn target_crn dashboard_url parameters.** extensions.** plan_history[].** "
        "last_operation.** resource_aliases_url resource_bindings_url resource_keys_url",
        "drop",
    ),
    **below("parameters.", PARAMETERS),
    **below(
        "extensions.",
        each("backends[] instance_limit_seconds usage_allocation_seconds", "keep"),
    ),
}  # fmt: skip
DEVICE_ROW: Final[Fields] = each(
    "name status.** is_simulator qubits physical_qubits queue_length class clops.** "
    "processor_type.** performance_metrics.** wait_time_seconds",
    "keep",
)
CONFIGURATION: Final[Fields] = {
    **each(
        "backend_name backend_version sample_name online_date basis_gates[] local simulator memory "
        "conditional open_pulse n_qubits max_shots max_experiments dt dtm clops clops_h clops_v "
        "quantum_volume credits_required live_data allow_q_object allow_object_storage "
        "dynamic_reprate_enabled measure_esp_enabled multi_meas_enabled input_allowed[] "
        "supported_features[] supported_instructions[] parametric_pulses[] pulse_num_channels "
        "pulse_num_qubits n_registers n_uchannels uchannels_enabled parallel_compilation "
        "default_rep_delay",
        "keep",
    ),
    **each(
        "acquisition_latency.** channels.** conditional_latency.** coords.** coupling_map.** "
        "description discriminators.** gates.** hamiltonian.** instruction_signatures.** "
        "meas_kernels.** meas_levels.** meas_lo_range.** meas_map.** processor_type.** "
        "qubit_channel_mapping.** qubit_lo_range.** rep_delay_range.** rep_times.** "
        "timing_constraints.** u_channel_lo.**",
        "public",
    ),
    "url": "base_url",
    "hamiltonian.description": "drop",
}
PROPERTIES: Final[Fields] = each(
    "backend_name backend_version last_update_date qubits.** gates.** general.** general_qlists.**",
    "public",
)
DEFAULTS: Final[Fields] = each(
    "_data.** buffer cmd_def.** discriminator.** meas_freq_est.** meas_kernel.** pulse_library.** "
    "qubit_freq_est.** schema_version",
    "public",
)
WORKLOAD: Final[Fields] = {
    **each(
        "created ended backend accepting_jobs mode status usage.** usage_seconds "
        "estimated_running_time_seconds",
        "keep",
    ),
    "id": "workload_id", "instance": "instance_id", "user_id": "user", "status_reason": "prose",
    "tags[]": "tag",
}  # fmt: skip
USAGE: Final[Fields] = {
    "instance_id": "instance_id", "plan_id": "plan_id", "usage_period.**": "keep",
    **each("usage_consumed_seconds usage_limit_seconds usage_limit_reached "
           "usage_allocation_seconds usage_remaining_seconds time_available_at", "keep"),
}  # fmt: skip
ANALYTICS: Final[Fields] = {
    **each("interval_start interval_end backend simulators", "keep"),
    "instance": "instance_id", "plan": "keep", "user_id": "user",
    "subscription_id": "plan_id",
}  # fmt: skip
FIGURES: Final[Fields] = each(
    "usage jobs sessions batch_sessions dedicated_sessions individual_jobs queue_time "
    "avg_queue_time max_queue_time sessions_usage avg_sessions_usage max_sessions_usage "
    "batch_sessions_usage avg_batch_sessions_usage max_batch_sessions_usage "
    "dedicated_sessions_usage avg_dedicated_sessions_usage max_dedicated_sessions_usage "
    "individual_jobs_usage avg_individual_jobs_usage max_individual_jobs_usage", "keep",
)  # fmt: skip
ANALYSED: Final[Fields] = {
    **each("interval_start interval_end data[].interval_start data[].interval_end", "keep"),
    **below("data[].", FIGURES), "data[].key": "instance_id",
}  # fmt: skip
SNAPSHOT: Final[Fields] = {"calibration_id": "calibration", "updated_before": "keep"}
