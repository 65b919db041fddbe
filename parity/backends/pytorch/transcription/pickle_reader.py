"""Reading a pickle without importing or calling anything.

The opcodes are decoded by ``pickletools``. Where a pickle asks for a class or a function, or for
what calling one returns, a :class:`StandIn` takes its place, which only remembers what was asked.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_OPCODES = 1_000_000
"""Opcodes of a pickle, 2 s of reading: twice as many as YOLOv9e has with a second model and its
optimizer, the most of all that Ultralytics describes (measured)."""
MAX_BITS = 128
"""Length of a whole number, bits: torch's own magic number has 80."""
MAX_KEY_BITS = 60
"""Length of a number that is a key, bits: Python gives the same hash to many that are longer."""
MAX_PLACE_BITS = 32
"""Length of the number of a place in the memo, bits, as a pickler numbers them."""
MAX_NAME = 300
"""Characters of the name of a global, and of a text that is a key (chosen). A few opcodes repeat a
name, and each repetition could take as much memory as the file."""
KEYS = (str, int, float, bytes, type(None))
"""What may be a key: looking up a nested tuple could take any time."""


class MalformedError(ValueError):
    """A pickle that no pickler writes; the message says what is wrong with it."""


@dataclass(eq=False, slots=True)
class StandIn:
    """What stands where a pickle asks for a global, or for what calling it returns."""

    kind: str
    """Full name of the global."""
    arguments: tuple[Any, ...] | None = None
    """What it would be called with; None if it is the global itself."""
    state: Any = None
    """What the object would be given as its state."""
    items: dict[Any, Any] = field(default_factory=dict)
    """What would be set in it by key."""
    elements: list[Any] = field(default_factory=list)
    """What would be added to it."""


@dataclass(frozen=True)
class Pickled:
    """What a pickle holds."""

    value: Any
    """Plain values, lists, tuples, dicts and stand-ins."""
    kinds: frozenset[str]
    """Full names of all globals that it asks for."""


def read_pickle(pickled: bytes) -> Pickled:
    """Read a pickle.

    Raises
    ------
    MalformedError
        If it is no pickle, or larger or stranger than any checkpoint.
    """
    machine = _Machine()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
            if count == MAX_OPCODES:
                raise MalformedError("it is larger than the pickle of any YOLO model")
            machine.step(opcode.name, argument)
    except MalformedError:
        raise
    except (ValueError, LookupError, OverflowError) as error:  # genops raises ValueError
        raise MalformedError(str(error)) from None
    if len(machine.stack) != 1 or machine.marked:
        raise MalformedError("it leaves something behind")
    return Pickled(machine.stack[0], frozenset(machine.kinds))


class _Machine:
    """The stack machine that a pickle is a program of."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.kinds: set[str] = set()

    def step(self, name: str, argument: Any) -> None:
        if name in VALUES:
            if isinstance(argument, int) and argument.bit_length() > MAX_BITS:
                raise MalformedError("it holds a number of endless length")
            self.push(argument)
        elif name in CONSTANTS:
            self.push(CONSTANTS[name]())
        elif name not in IGNORED:
            if name not in STEPS:
                raise MalformedError(f"it uses {name}, which no checkpoint does")
            STEPS[name](self, argument)

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise MalformedError("it takes more than there is")
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def pop_marked(self) -> list[Any]:
        taken, self.stack = self.stack, self.marked.pop()
        return taken

    def drop(self, _: Any) -> None:
        self.pop(1)

    def drop_marked(self, _: Any) -> None:
        self.pop_marked()

    def ask(self, owner: str, name: str) -> StandIn:
        if len(owner) + len(name) > MAX_NAME:
            raise MalformedError("it asks for a global of endless name")
        kind = f"{owner}.{name}"
        self.kinds.add(kind)
        return StandIn(kind)

    def _ask_line(self, names: str) -> StandIn:
        owner, _, name = names.partition(" ")
        return self.ask(owner, name)

    def mark(self, _: Any) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def put(self, place: Any) -> None:
        if isinstance(place, int) and place.bit_length() > MAX_PLACE_BITS:
            raise MalformedError("it remembers more than there is")
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def get(self, place: int) -> None:
        self.push(self.memo[place])

    def name_global(self, names: str) -> None:
        self.push(self._ask_line(names))

    def name_global_on_stack(self, _: Any) -> None:
        owner, name = self.pop(2)
        if not (isinstance(owner, str) and isinstance(name, str)):
            raise MalformedError("it asks for a global that has no name")
        self.push(self.ask(owner, name))

    def call(self, _: Any) -> None:
        function, arguments = self.pop(2)
        self.push(_called(function, arguments))

    def call_with_keywords(self, _: Any) -> None:
        function, arguments, _keywords = self.pop(3)
        self.push(_called(function, arguments))

    def call_marked(self, _: Any) -> None:
        function, *arguments = self.pop_marked() or [None]
        self.push(_called(function, tuple(arguments)))

    def call_named(self, names: str) -> None:
        function = self._ask_line(names)
        self.push(_called(function, tuple(self.pop_marked())))

    def build(self, _: Any) -> None:
        target, state = self.pop(2)
        if not isinstance(target, StandIn):
            raise MalformedError("it gives a state to what has none")
        target.state = state
        self.push(target)

    def load_persistent(self, _: Any) -> None:
        (place,) = self.pop(1)
        self.push(_called(StandIn("storage"), place))

    def append(self, _: Any) -> None:
        self._extend(self.pop(1))

    def append_marked(self, _: Any) -> None:
        self._extend(self.pop_marked())

    def _extend(self, elements: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list | StandIn):
            raise MalformedError("it adds to what holds nothing")
        (target.elements if isinstance(target, StandIn) else target).extend(elements)

    def set_item(self, _: Any) -> None:
        self._set(self.pop(2))

    def set_marked(self, _: Any) -> None:
        self._set(self.pop_marked())

    def _set(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict | StandIn):
            raise MalformedError("it sets a key of what has none")
        (target.items if isinstance(target, StandIn) else target).update(_paired(pairs))

    def make_dict(self, _: Any) -> None:
        self.push(_paired(self.pop_marked()))

    def make_frozenset(self, _: Any) -> None:
        self.push(StandIn("builtins.frozenset", (), elements=self.pop_marked()))


def _called(function: Any, arguments: Any) -> StandIn:
    if not (isinstance(function, StandIn) and isinstance(arguments, tuple)):
        raise MalformedError("it calls what is no function")
    returned = "" if function.arguments is None else ", called"
    return StandIn(f"{function.kind}{returned}"[:MAX_NAME], arguments)


def _paired(flat: list[Any]) -> dict[Any, Any]:
    keys, values = flat[::2], flat[1::2]
    if len(keys) != len(values):
        raise MalformedError("it has a key without a value")
    if not all(isinstance(key, (*KEYS, StandIn)) for key in keys):
        raise MalformedError("it has a key that is neither text nor a number")
    if any(isinstance(key, int) and key.bit_length() > MAX_KEY_BITS for key in keys):
        raise MalformedError("it has a number as a key that numbers nothing")
    if any(isinstance(key, str) and len(key) > MAX_NAME for key in keys):
        raise MalformedError("it has a text as a key that names nothing")
    return dict(zip(keys, values, strict=True))


VALUES = frozenset(
    [
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
        *("FLOAT", "BINFLOAT"),
        *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    ]
)
"""Opcodes whose argument is the value."""

CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": lambda: StandIn("builtins.set", ()),
}
"""Opcodes that bring a value of their own."""

IGNORED = frozenset(["PROTO", "FRAME", "STOP"])

STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "POP": _Machine.drop,
    "POP_MARK": _Machine.drop_marked,
    "DUP": lambda machine, _: machine.push(machine.stack[-1]),
    "MEMOIZE": _Machine.put,
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "GET": _Machine.get,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "LIST": lambda machine, _: machine.push(machine.pop_marked()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_marked())),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.pop(3))),
    "DICT": _Machine.make_dict,
    "FROZENSET": _Machine.make_frozenset,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.append_marked,
    "ADDITEMS": _Machine.append_marked,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_marked,
    "GLOBAL": _Machine.name_global,
    "STACK_GLOBAL": _Machine.name_global_on_stack,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "NEWOBJ_EX": _Machine.call_with_keywords,
    "OBJ": _Machine.call_marked,
    "INST": _Machine.call_named,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.load_persistent,
}
"""What every other opcode does; those of the extension registry are not among them."""
