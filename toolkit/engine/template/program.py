"""Templates as instructions, and the machine that runs them.

Control structures and called templates take no Python stack: a template may call itself
:data:`~toolkit.engine.template.state.MAX_TEMPLATE_DEPTH` deep, as in Go, and ends in Go's error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, auto
from typing import Any, NamedTuple

from toolkit.engine.template.expressions import Compiler
from toolkit.engine.template.goformat import text_of, to_text
from toolkit.engine.template.state import MAX_TEMPLATE_DEPTH, State
from toolkit.engine.template.values import Value, entries_of, is_true, items_of, type_of
from toolkit.logql.quoting import quote
from toolkit.logql.template.nodes import Action, Branch, Call, Jump, Node, Range, Template, Text


class Op(IntEnum):
    """What an instruction does."""

    TEXT = auto()  # text
    PRINT = auto()  # node, evaluate
    DECLARE = auto()  # node, evaluate
    MARK = auto()  # remember how many variables there are
    UNMARK = auto()  # forget those declared since
    TEST = auto()  # evaluate, target if not true, whether the value becomes the dot
    END_WITH = auto()  # the dot is what it was before
    JUMP = auto()  # target
    RANGE = auto()  # node, evaluate, number of variables, target if empty
    NEXT = auto()  # names, assign, steps of the body, target behind the loop
    BREAK = auto()  # target behind the loop
    CONTINUE = auto()  # target at the loop's next
    CALL = auto()  # node, name, evaluate or None
    RETURN = auto()


Instruction = list[Any]
Code = list[Instruction]


class _Loop(NamedTuple):
    """A loop under way and what the stacks looked like where it began."""

    items: Iterator[tuple[Value, Value]]
    dot: Value
    variables: int
    marks: int
    dots: int


class _Frame(NamedTuple):
    """Where a called template returns to."""

    code: Code
    position: int
    dot: Value
    variables: list[list[Value]]
    template: str


def assemble(template: Template, compiler: Compiler) -> tuple[Code, dict[str, Code]]:
    """The instructions of the root and of every template by its name."""
    codes = {name: _code(nodes, compiler) for name, nodes in template.definitions.items()}
    return _code(template.root, compiler), codes


def _code(nodes: Iterable[Node], compiler: Compiler) -> Code:
    assembler = _Assembler(compiler)
    assembler.nodes(nodes)
    assembler.code.append([Op.RETURN])
    return assembler.code


class _Assembler:
    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.code: Code = []
        self.loops: list[tuple[int, list[Instruction]]] = []
        """For each loop around: its NEXT and the breaks to be pointed behind it."""

    def emit(self, *instruction: Any) -> Instruction:
        self.code.append(list(instruction))
        return self.code[-1]

    def nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if isinstance(node, Text):
            self.emit(Op.TEXT, node.text)
        elif isinstance(node, Action):
            op = Op.DECLARE if node.pipe.variables else Op.PRINT
            self.emit(op, node, self.compiler.pipe(node.pipe))
        elif isinstance(node, Branch):
            self.branch(node)
        elif isinstance(node, Range):
            self.range(node)
        elif isinstance(node, Call):
            evaluate = None if node.pipe is None else self.compiler.pipe(node.pipe)
            self.emit(Op.CALL, node, node.name, evaluate)
        else:
            self.jump(node)

    def branch(self, branch: Branch) -> None:
        self.emit(Op.MARK)
        ends: list[Instruction] = []
        for arm in branch.arms:
            test = self.emit(Op.TEST, self.compiler.pipe(arm.pipe), 0, branch.kind == "with")
            self.nodes(arm.body)
            if branch.kind == "with":
                self.emit(Op.END_WITH)
            ends.append(self.emit(Op.JUMP, 0))
            test[2] = len(self.code)
        self.nodes(branch.otherwise or ())
        for end in ends:
            end[1] = len(self.code)
        self.emit(Op.UNMARK)

    def range(self, node: Range) -> None:
        names = [variable.names[0] for variable in node.pipe.variables]
        self.emit(Op.MARK)
        start = self.emit(Op.RANGE, node, self.compiler.pipe(node.pipe), len(names), 0)
        head = len(self.code)
        step = self.emit(Op.NEXT, names, node.pipe.assign, 0, 0)
        self.loops.append((head, [step]))
        self.nodes(node.body)
        self.emit(Op.JUMP, head)
        step[3] = len(self.code) - head
        _, exits = self.loops.pop()
        done = self.emit(Op.JUMP, 0)
        for leave in exits:
            leave[-1] = len(self.code) - 1
        start[4] = len(self.code)
        self.nodes(node.otherwise or ())
        done[1] = len(self.code)
        self.emit(Op.UNMARK)

    def jump(self, jump: Jump) -> None:
        head, exits = self.loops[-1]
        if jump.kind == "continue":
            self.emit(Op.CONTINUE, head)
        else:
            exits.append(self.emit(Op.BREAK, 0))


def run(state: State, root: Code, codes: dict[str, Code], dot: Value) -> None:
    """Execute ``root``, writing to the state."""
    code, position = root, 0
    dots: list[Value] = []
    marks: list[int] = []
    loops: list[_Loop] = []
    frames: list[_Frame] = []
    while True:
        instruction = code[position]
        position += 1
        op = instruction[0]
        if op is Op.TEXT:
            state.write(instruction[1])
        elif op is Op.PRINT:
            _, state.node, evaluate = instruction
            value = evaluate(state, dot)
            state.write(value if type(value) is str else text_of(value))
        elif op is Op.TEST:
            _, evaluate, target, becomes_dot = instruction
            value = evaluate(state, dot)
            if not is_true(value):
                position = target
            elif becomes_dot:
                dots.append(dot)
                dot = value
        elif op is Op.JUMP:
            position = instruction[1]
        elif op is Op.DECLARE:
            _, state.node, evaluate = instruction
            evaluate(state, dot)
        elif op is Op.MARK:
            marks.append(len(state.variables))
        elif op is Op.UNMARK:
            del state.variables[marks.pop() :]
        elif op is Op.END_WITH:
            dot = dots.pop()
        elif op is Op.RANGE:
            _, state.node, evaluate, names, target = instruction
            items = _items(state, evaluate(state, dot), names)
            if items is None:
                position = target
            else:
                loops.append(_Loop(items, dot, len(state.variables), len(marks), len(dots)))
        elif op is Op.NEXT:
            _, names, assign, size, target = instruction
            loop = loops[-1]
            del state.variables[loop.variables :]
            state.step(size)
            item = next(loop.items, None)
            if item is None:
                dot = loops.pop().dot
                position = target
            else:
                dot = item[1]
                _bind(state, names, assign, item)
        elif op in (Op.BREAK, Op.CONTINUE):
            loop = loops[-1]
            del state.variables[loop.variables :]
            del marks[loop.marks :]
            del dots[loop.dots :]
            position = instruction[1]
            if op is Op.BREAK:
                dot = loops.pop().dot
        elif op is Op.CALL:
            _, state.node, name, evaluate = instruction
            if name not in codes:
                raise state.error(f"template {quote(name)} not defined")
            if len(frames) == MAX_TEMPLATE_DEPTH:
                raise state.error(f"exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})")
            state.step(1)
            value = evaluate(state, dot) if evaluate is not None else None
            frames.append(_Frame(code, position, dot, state.variables, state.template))
            code, position, dot = codes[name], 0, value
            state.variables = [["$", value]]
            state.template = name
        else:
            if not frames:
                return
            code, position, dot, state.variables, state.template = frames.pop()


def _bind(state: State, names: list[str], assign: bool, item: tuple[Value, Value]) -> None:
    """Give the variables of a range, one or two, the index and the element."""
    index, element = item
    if not names:
        return
    if assign:
        if len(names) == 1:
            state.assign(names[0], element)
        else:
            state.assign(names[0], index)
            state.assign(names[1], element)
        return
    state.variables[-1][1] = element
    if len(names) > 1:
        state.variables[-2][1] = index


def _items(state: State, value: Value, names: int) -> Iterator[tuple[Value, Value]] | None:
    """What a range walks over, index or key first; None if there is nothing."""
    if value is None:
        return None
    kind = type_of(value).kind
    if kind in ("int", "uint"):
        if names > 1:
            raise state.error(f"can't use {to_text(value)} to iterate over more than one variable")
        number = type(value)
        return ((None, number(index)) for index in range(value)) if value > 0 else None
    if kind == "map":
        return iter(entries_of(value)) if value else None
    if kind == "slice":
        items = items_of(value)
        return iter(list(enumerate(items))) if items else None
    raise state.error(f"range can't iterate over {to_text(value)}")
