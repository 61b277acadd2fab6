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
    a abelian about above accept accepted accepting accepts access account accounts accum action
    active activity acts add added additionalproperties address after again alap all allocated
    allocation allowed allows alone already also alternative always amplifier an and anew angles
    annotation another answers any anything api apikey apitoken application apply applying are
    argument arguments array as asap ask asked assign assignment at attempt authenticate
    authentication authorization authorized auto available avg axes axis b back backend backends
    bad base bases basis batch be because become been before beginning being belong belonging
    belongs below between bindingsarray bit bits block body bool boolean both box bracket break
    broadcast bug but by bytes c calibrated calibration calibrations calibrator call called
    caller can cancel canceled cancelled cannot case catalog cbit channel char character
    characters check circuit circuits class classic classical classicalregister classified clbit
    client clifford cliffords close closed closing cloud code codes coefficient coefficients
    collection colons column come complete completed compute computed condition configuration
    connected contact contain contains correct cost could coupling create created createdat
    creation credential credentials critical crn current currently cursor custom cut d data date
    day days dd debug decimal declaration declarations declared decode decompressing decoupling
    dedicated deep deeply default defaults define defined definition degree delay delays delete
    deleted deprecated depth depths description device devices did differ different disabled
    distribution do docs documented does done double dt due duplicate duplicated duration during
    dynamic dynamical e each edges either element elements empty emulated emulator enable
    enabled end ended ends entangled entry eof equal error errors estimated estimator event
    every exactly exceed exceeded exceeds exclude execute executed execution executions executor
    exist exists exit expectation expected expecting experimental expired exponential expression
    extra extraneous extrapolated extrapolator f factor factors fail failed failure fallback
    false fewer field fields figures file filter filters final find finished finite first fit
    fixed flex float folding folds followed follows for forbid forbidden form format forward
    found fractional from front full further gain gate gates get give given gives global go goes
    good got grant ground group h had handler has have header headers hold holds hours how http
    hub i iam ibm id ideal identifier ids if imports in include included incorrect increase
    index inflates info information init input inputs installed instance instances instead
    instruction instructions integer integers interactive internal interpret interval into
    invalid iqx is iso issued it item items its itself job jobs json jwt keep keeps kerneled key
    keys keyword kind know known knows l language large larger last later layer layererror
    layers layout learn learner learning learnt least leave left legacy length less let letters
    level levels like likely limit limited limits line linear list listed lists lite little live
    loading log logged login logout logs long longer longest look loop loops lower machine made
    main maintenance many map mapping match matches matrix max maximum maxitems maxlength may mb
    mean meaning meant meas measure measured measurement measurements member memory mend message
    messages method metrics middle min minimum minitems minlength minute minutes mismatched
    missing mitigated mitigation mm mode model module month more most moves multiples must name
    named names ndarray near need needs nested network never new newest next no nobody noise
    noiselearnerresult noisemodel noisy non none not nothing null num number numbers object
    objects observable observables of off offset old on once one online only open openqasm
    operand operands operation operational operations operator optimize option options or order
    other ours out over overhead own package padding page pair parameter parameters params parse
    part partners pass password path pattern pauli paused pay paygo pea pec pending per perform
    period permission permissions permitted physical pi pip place plan plans platform please
    polled polynomial possible post precision premium previous primitive private problem process
    processor product program programs progression project projectors properties property
    provided provider pub pubs pulse pulses put python q qargs qasm qiskit qpu qpy quantum
    quantumcircuit quantumregister quasi qubit qubits query queue queued quota r raise ran
    random randomization randomizations range rate rates raw reached read readable readout reads
    real reason received recent recognition recorded redeclared reducing refused region register
    registers rejected removed rep repeated replace request requested requests required requires
    reset resilience resource resources response rest result results retry return returned
    returns rotations round route rows run runner running runs runtime rzz s sampler samplex
    samplomatic says scheduler scheduling schema search second seconds see seed send sent
    sequence serve server serves service session sessions set sets several shape short shot
    shots should sign simulate simulates simulation simulator single size skip slack slow
    snapshots so solution some something sort specified split standard start started starts
    state status stay stays stdgates still stop storage strategy stretch string strings stuck
    subgraph submission submit submitted submitting subscription such support supported symbol
    syntax system t tag tags take takes target task tell ten terms test text texts than that the
    them then there these they this those time timed timeout times timing to today together
    token tokens told too top total trace traceback transpilation transpile transpiled
    transpiler transpiling trial true try ttl turn turns twirl twirling two type types u unable
    unauthorized undeclared undefined under unexpected unit unknown unpacked unsupported until
    up upper usage use used user users uses using utc valid validation value values variable
    variables variants vector vectors verify version versions viable wait want wants warning was
    went were when where whether which while whole whose will window with within without words
    work workload workloads works would write written wrong x xpxm xx xy y year years you your
    yyyy z zlib zne
    """.split()  # noqa: SIM905 - three hundred quoted words are not easier to read
)

_TOKEN: Final = re.compile(r"\S+")
_TRIM: Final = re.compile(
    r"^([\"'`(\[{<\u2018\u201c]*)(.*?)([\"'`)\]}>.,:;!?\u2019\u201d]*)$", re.DOTALL
)
_PART: Final = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_NUMBER: Final = re.compile(r"[-+]?\d{1,7}(\.\d{1,6})?%?|10{7,12}|2147483647")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_VALUE: Final = re.compile(r"%![a-z]\(MISSING")
"""What Go's formatting writes for a value that it was not given, as in the reason of 1305."""
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
    if any(one.fullmatch(word) for one in (_NUMBER, _TIME, _DEVICE, _VALUE)):
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
