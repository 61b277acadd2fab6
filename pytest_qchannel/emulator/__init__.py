"""IBM's REST services, emulated: pure data in, data out.

Two rules hold in this subpackage outside ``adapters/``. Only ``programs/engine.py`` breaks the
first, to hand long simulations to a process of their own.

1. Nothing here opens a socket, starts a thread or reads the wall clock. Time, ids and randomness
   come from the :class:`~pytest_qchannel.emulator.world.world.World` that was handed in.
2. Nothing here knows an HTTP library. :class:`~pytest_qchannel.emulator.api.app.App` maps a
   :class:`~pytest_qchannel.wire.Request` to a :class:`~pytest_qchannel.wire.Response`.

How a request travels: ``hosts.py`` says which service a host name belongs to; ``ibm/`` has its
routes and matches the path; ``api/app.py`` authenticates it as the route demands; the handler that
the service's ``handlers.py`` has for the route answers from the world. A request that no route
offers is never answered with something made up: it becomes an
:class:`~pytest_qchannel.errors.EmulatorGap`.
"""
