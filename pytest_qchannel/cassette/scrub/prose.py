"""Sentences of the service: known words stay, every other word becomes ``[word]``.

An error message tells what happened, in words that the service always uses, about something that
only this user has. So the words are the allow-list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["PIECE", "UNKNOWN", "VOCABULARY", "is_known", "scrub_prose"]

UNKNOWN: Final = "[word]"

VOCABULARY: Final = frozenset(
    """
    a about accept accepted accepts access accepting account accounts action active activity add
    added address after again all allocated allocation allowed already also always an and another
    any anything api apikey apitoken application apply are argument arguments array as ask asked at
    attempt authenticate authentication authorization authorized available b backend backends
    bad basis batch be because been before being below between bit bits body bool both but by c
    calibration call called caller can cancel canceled cancelled cannot case catalog cbit channel
    char characters check circuit circuits class classic clbit client close closed cloud code codes
    coefficients collection compute computed configuration contact contain contains could coupling
    create created creation credential credentials crn cursor cut d data date day days dedicated
    default defaults delete deleted deprecated depth device devices did different disabled do docs
    does done due duplicate duration during dynamic e each either element elements empty enabled
    end ended ends entry error errors estimator event exceed exceeded exceeds exclude executed
    execution executor exist exists expected expired f fail failed failure false field fields
    filter filters finished first float for forbidden format forbid found fractional from
    full further gate gates get given global go good grant group h had has have header headers
    hours how http hub i iam ibm id ids if in include included index information input inputs
    instance instances instruction instructions integer internal interval invalid is iso issued it
    items its job jobs json jwt key keys keyword kind known language larger last later least left
    legacy length less level limit limited limits list listed lite log logged login logout long
    longer longest look loop lower made main maintenance many map matches max maximum may mean
    measure measured measurement member memory message messages method metrics middle min minimum
    minutes missing mitigation mode model module more most must name named names nested network new
    next no noise none not nothing null number numbers object objects observable observables of
    off offset old on once one online only open operation operational option options or order
    other out over
    page parameter parameters params parse pass password path pauli paused pay pending per period
    permission permitted plan plans platform please post premium primitive private problem process
    processor program programs project properties property provided provider pub pubs pulse put
    python q qasm qiskit qpy quantum quasi qubit qubits query queue queued quota ran range rate raw
    read reached reason received refused region register registers rejected removed repeated
    replace request requested requests required reset resilience resource resources response rest
    result results retry return returned run runner running runs runtime sampler schema search
    second seconds see send sent server service session sessions set several shape shot shots
    should simulator size so some something solution sort started state status stay still stop
    storage string submit submitted submission such supported system t tag tags take target task
    terms than that the then there they this time timed timeout times to today token tokens too
    total trace traceback transpile transpiled true try twirling two type types u unable
    unauthorized under unexpected unit unknown unsupported until up upper usage use used user users
    valid validation value values variable version versions wait want was whole window with
    within without work workload workloads would write wrong year you your zne
    abelian iqx flex trial paygo standard subscription interactive ttl
    learner calibrator utc z debug info warning critical
    completed recent file line raise
    angles beginning belongs calibrations complete correct current custom execute increase keep
    loading logs mend month newest perform permissions pi possible reducing rzz submitting support
    using verify when will
    boolean connected equal form got interpret qargs specified subgraph transpiler transpiling
    above acts additionalproperties alone alternative anew annotation answers applying assign
    assignment axes axis base bases become belong belonging bindingsarray block box bracket
    break broadcast bug bytes calibrated character classical classicalregister clifford
    cliffords closing coefficient colons column come condition createdat currently dd decimal
    declaration declarations declared decode decompressing decoupling deep deeply define defined
    definition delay delays depths differ documented dt duplicated dynamical emulated emulator
    entangled eof estimated every exactly executions exit expectation expecting expression
    extraneous factor factors fewer figures final find finite fit fixed folds followed follows
    forward give gives goes ground handler hold holds ideal identifier imports incorrect
    inflates init installed instead integers into item itself kerneled knows l large layer
    layererror layers layout learning learnt leave let letters levels like likely lists little
    live loops machine mapping match matrix maxitems maxlength mb meaning meant measurements
    minitems minlength minute mismatched mitigated mm moves multiples ndarray near need needs
    never noiselearnerresult noisy non openqasm operand operands operations operator optimize
    ours own package padding part pattern pec physical pip place polled precision previous
    product progression projectors pulses qpu quantumcircuit quantumregister r random
    randomization rates readable readout reads real recognition recorded redeclared rep returns
    rotations round route rows s samplex samplomatic says scheduler sequence serve serves sets
    short sign simulate simulates simulation single slow snapshots split start starts stays
    stdgates stretch strings stuck symbol syntax takes tell ten test text texts them these those
    timing together told top turn turns twirl undeclared undefined unpacked uses variables
    variants vector vectors viable wants went were where whether which while whose words works
    written x xpxm xx xy y years yyyy zlib
    accum alap amplifier asap auto avg back classified cost degree distribution double edges
    enable experimental exponential extra extrapolated extrapolator fallback folding front gain
    learn linear meas noisemodel num overhead pair pea polynomial randomizations
    scheduling seed skip slack strategy transpilation
    """.split()  # noqa: SIM905 - three hundred quoted words are not easier to read
)

_TOKEN: Final = re.compile(r"\S+")
_TRIM: Final = re.compile(
    r"^([\"'`(\[{<\u2018\u201c]*)(.*?)([\"'`)\]}>.,:;!?\u2019\u201d]*)$", re.DOTALL
)
_PART: Final = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_NUMBER: Final = re.compile(r"[-+]?\d{1,7}(\.\d{1,6})?%?|10{7,12}|2147483647")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_DEVICE: Final = re.compile(r"(ibmq?|fake|simulator|aer)(_[a-z]{1,16}\d{0,4}){1,3}")
_MOST_PARTS: Final = 21
"""As many has the longest place in the params of a program."""

# Of words, or of a place in a document: `pubs[0][2].shots`, `3,14`.
_JOINER: Final = re.compile(r"(?!::)[-_/.=:']{1,2}|[,$(\[]|\)\.|\](?:\[|[._]{1,3})|\.__")
_MOST_GROUPS: Final = 3
"""A version has three groups of digits, an IPv4 address four."""

_MOST_DIGITS: Final = 6
"""In groups; more are a telephone number, a card's or an account's."""

# Numbers side by side with nothing but space between them, the first perhaps behind a name; a list
# has commas.
_NUMERIC: Final = re.compile(r"(?:[^\W\d]+[=:/_])?[-+()/.]*\d[\d().+/-]*")


def is_known(word: str) -> bool:
    """Whether a word is the service's own, a short number, a time or a device."""
    if _NUMBER.fullmatch(word) or _TIME.fullmatch(word) or _DEVICE.fullmatch(word):
        return True
    parts = _PART.findall(word.removesuffix("n't").removesuffix("'s"))  # "doesn't", "job's"
    # Letters one by one, with digits between them, are an id.
    if any(part.isalpha() and len(part) == 1 for part in parts) and len(parts) > 1:
        return False
    digits = [part for part in parts if part.isdigit()]
    if len(digits) > 1 and _are_too_many(digits):
        return False
    return 0 < len(parts) <= _MOST_PARTS and all(
        part.lower() in VOCABULARY
        or (part.isdigit() and len(part) <= 4)
        or _JOINER.fullmatch(part) is not None
        for part in parts
    )


def _are_too_many(digits: list[str]) -> bool:
    return len(digits) > _MOST_GROUPS or sum(map(len, digits)) > _MOST_DIGITS


def _grouped(text: str) -> list[tuple[int, int]]:
    """Where the digits of one long number stand in groups, a token each: `4929 1234 5678 9012`."""
    found: list[tuple[int, int]] = []
    run: list[re.Match[str]] = []

    def end() -> None:
        digits = [group for token in run for group in re.findall(r"\d+", token[0])]
        if len(run) > 1 and sum(map(len, digits)) > _MOST_DIGITS:
            found.append((run[0].start(), run[-1].end()))
        run.clear()

    for token in _TOKEN.finditer(text):
        trimmed = _TRIM.fullmatch(token[0])
        assert trimmed is not None
        word, after = trimmed[2], trimmed[3]
        is_joiner = not re.search(r"\w", token[0])
        if not is_joiner and (not _NUMERIC.fullmatch(word) or _TIME.fullmatch(word)):
            end()
            continue
        run.append(token)
        # In a list of numbers there are commas; those of one number have as many digits each.
        if set(after) & set(",;:!?") and len(re.sub(r"\D", "", word)) < 4:
            end()
    end()
    return found


PIECE: Final = re.compile(r"\w[\w+-]*(?:\.[\w+-]+)*")


def _echoed(word: str, echo: Callable[[str], str | None]) -> str | None:
    """A word that was sent, or one that is made of such ones and of known ones: `name=this`."""
    if whole := echo(word):
        return whole
    known = {one: None if is_known(one) else echo(one) for one in PIECE.findall(word)}
    rest = PIECE.sub(lambda one: "name" if known[one[0]] else one[0], word)
    if not any(known.values()) or not is_known(rest):
        return None
    return PIECE.sub(lambda one: known[one[0]] or one[0], word)


def scrub_prose(
    text: str,
    standin: Callable[[str], str | None],
    echo: Callable[[str], str | None] = lambda _: None,
) -> str:
    """A sentence with every word replaced that the service does not always use.

    Args:
        text: What the service said.
        standin: Gives the stand-in of a word that has one already: a job's id, say.
        echo: Gives what stands for a word that was sent: see :mod:`.echoes`.
    """
    grouped = _grouped(text)

    def scrub(found: re.Match[str]) -> str:
        if any(start <= found.start() < end for start, end in grouped):
            return UNKNOWN
        trimmed = _TRIM.fullmatch(found[0])
        assert trimmed is not None
        before, word, after = trimmed.groups()
        if not word or found[0] == f"{before[:-1]}{UNKNOWN}{after[1:]}":
            return found[0]
        kept = standin(word) or (word if is_known(word) else None)
        for size in range(len(after), 0, -1) if kept is None else ():  # a CRN ends with colons
            if whole := standin(word + after[:size]) or echo(word + after[:size]):
                return f"{before}{whole}{after[size:]}"
        return f"{before}{kept or _echoed(word, echo) or UNKNOWN}{after}"

    return _TOKEN.sub(scrub, text)
