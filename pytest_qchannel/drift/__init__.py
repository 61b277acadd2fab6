"""Whether the services still are as the emulator has them: their answers, reduced to shapes.

``walk`` asks every free route, read-only; ``shape`` keeps of each answer what is no value: paths,
types, words of a list of ours, names of headers. ``compare`` puts three sources side by side: the
service, the emulator, and IBM's description of its API (``described``).

Three rules hold here. Nothing is sent that changes something. No value of an account is in a shape:
a name that is in no table of ours is written as ``?``, one that somebody chose as ``{}``. Whatever
answers is a :data:`~pytest_qchannel.wire.Handle`: no socket, no clock.
"""
