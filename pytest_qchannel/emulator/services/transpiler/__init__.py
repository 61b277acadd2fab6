"""The Qiskit Transpiler Service: transpiling, routing and synthesis, each in a task."""
