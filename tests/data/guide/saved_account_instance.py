from qiskit_ibm_runtime import QiskitRuntimeService

QiskitRuntimeService.save_account(
    channel="<CHANNEL>",
    token="<TOKEN>",
    instance="<INSTANCE>",
    name="<CHANNEL>-work",
)
service = QiskitRuntimeService(name="<CHANNEL>-work")
