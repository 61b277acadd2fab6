"""The one table of IBM's API: which routes there are, what each means, and who says so.

Everything that must know the API reads it: the emulator binds a handler to each route, scrubbing
looks up what may be kept, replay what a request does, the docs what there is. Nowhere else is a
path of IBM's taken apart. :mod:`.route` says what an entry is, :mod:`.table` finds one. The host
names are in :mod:`pytest_qchannel.hosts`. :mod:`.releases` says what releases of the client send.
"""
