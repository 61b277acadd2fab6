from qiskit_ibm_runtime import QiskitRuntimeService

QiskitRuntimeService.save_account(
    channel="<CHANNEL>",
    token="<TOKEN>",
    overwrite=True,
    set_as_default=True,
)
service = QiskitRuntimeService()
