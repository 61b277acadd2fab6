from qiskit_ibm_runtime import QiskitRuntimeService

service = QiskitRuntimeService(channel="<CHANNEL>", token="<TOKEN>", instance="<INSTANCE>")
