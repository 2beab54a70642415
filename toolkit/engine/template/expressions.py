"""Pipelines compiled to Python closures.

After the behaviour of Go's ``text/template`` (exec.go): what is evaluated in which order, which
values fit which parameters, and which node an error names. Every closure takes the state and the
dot, a command's also the value piped into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from toolkit.engine.template.conversions import constant, convert, ideal
from toolkit.engine.template.errors import CallError
from toolkit.engine.template.library import BUILTINS, HIDDEN_FIELDS, METHODS
from toolkit.engine.template.state import Positioned, State
from toolkit.engine.template.values import (
    ANY,
    STRING,
    VALUE,
    Function,
    GoType,
    Interface,
    JsonMap,
    Struct,
    Value,
    dynamic,
    is_true,
    type_of,
)
from toolkit.logql.template.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipe,
    String,
    Variable,
)

Evaluate = Callable[[State, Value], Value]
Step = Callable[[State, Value, Value], Value]

_CHARGED = 1024
"""Texts up to this length count for nothing: they are no more than the template's own work."""


class Compiler:
    """Compiles pipelines over a set of functions."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions
        self.method_calls: dict[tuple[int, GoType, str], Step] = {}

    # --- pipelines and commands

    def pipe(self, pipe: Pipe) -> Evaluate:
        """The value of a pipeline; its variables are declared or assigned on the way."""
        first, *rest = [
            self.command(command, piped=index > 0) for index, command in enumerate(pipe.commands)
        ]
        names = [variable.names[0] for variable in pipe.variables]

        def single(state: State, dot: Value) -> Value:
            state.node = pipe
            value = first(state, dot, None)
            return value.value if type(value) is Interface else value

        if not rest and not names:
            return single

        def run(state: State, dot: Value) -> Value:
            value = single(state, dot)
            for step in rest:
                value = step(state, dot, value)
                if type(value) is Interface:
                    value = value.value
            for name in names:
                if pipe.assign:
                    state.assign(name, value)
                else:
                    state.variables.append([name, value])
            return value

        return run

    def command(self, command: Command, *, piped: bool) -> Step:
        word, *args = command.args
        if isinstance(word, Identifier):
            return self.function(word, command, args, piped=piped)
        has_args = bool(args) or piped
        if isinstance(word, Field):
            return self.field(word, args, piped=piped)
        if isinstance(word, Chain):
            return self.chain(word, args, piped=piped)
        if isinstance(word, Variable):
            return self.variable(word, args, piped=piped)
        if isinstance(word, Pipe):
            return _refused(word, None) if has_args else _ignoring(self.pipe(word))
        if has_args:
            return _refused(word, word)
        return _ignoring(self.alone(word))

    def alone(self, word: Dot | Nil | Bool | Number | String) -> Evaluate:
        """A dot or constant that is the whole command."""

        def run(state: State, dot: Value) -> Value:
            state.node = word
            if isinstance(word, Dot):
                return dot
            if isinstance(word, Nil):
                raise state.error("nil is not a command")
            return ideal(state, word)

        return run

    # --- fields

    def field(self, field: Field, args: list[Operand], *, piped: bool) -> Step:
        names = field.names
        name = names[0]

        def run(state: State, dot: Value, final: Value) -> Value:
            state.node = field
            return self.walk(state, dot, dot, names, field, args, piped, final)

        def label(state: State, dot: Value, final: Value) -> Value:
            state.node = field
            if type(dot) is dict:
                return dot.get(name, "")
            return self.walk(state, dot, dot, names, field, args, piped, final)

        return run if len(names) > 1 or args or piped else label

    def chain(self, chain: Chain, args: list[Operand], *, piped: bool) -> Step:
        inner = self.operand(chain.node)

        def run(state: State, dot: Value, final: Value) -> Value:
            state.node = chain
            receiver = inner(state, dot)
            return self.walk(state, dot, receiver, chain.names, chain, args, piped, final)

        return run

    def variable(self, variable: Variable, args: list[Operand], *, piped: bool) -> Step:
        name, *names = variable.names

        def run(state: State, dot: Value, final: Value) -> Value:
            state.node = variable
            value = state.variable(name)
            if names:
                return self.walk(state, dot, value, tuple(names), variable, args, piped, final)
            if args or piped:
                raise state.error(f"can't give argument to non-function {variable}")
            return value

        return run

    def walk(
        self,
        state: State,
        dot: Value,
        receiver: Value,
        names: tuple[str, ...],
        node: Positioned,
        args: list[Operand],
        piped: bool,
        final: Value,
    ) -> Value:
        """``receiver.a.b``; the arguments belong to the last name."""
        for name in names[:-1]:
            receiver = self.get(state, dot, receiver, name, node, [], False, None)
        return self.get(state, dot, receiver, names[-1], node, args, piped, final)

    def get(
        self,
        state: State,
        dot: Value,
        receiver: Value,
        name: str,
        node: Positioned,
        args: list[Operand],
        piped: bool,
        final: Value,
    ) -> Value:
        """A method of the receiver called, an entry of a map or a field of a struct."""
        if receiver is None:
            return None
        shown = ANY if type(receiver) is Interface else type_of(receiver)
        receiver = dynamic(receiver)
        if receiver is None:
            raise state.error(f"nil pointer evaluating {shown}.{name}")
        type_ = type_of(receiver)
        method = METHODS.get(type_, {}).get(name)
        if method is not None:
            key = (id(node), type_, name)
            step = self.method_calls.get(key)
            if step is None:
                step = self.call(name, method, None, node, args, piped=piped, method=True)
                self.method_calls[key] = step
            return step(state, dot, (receiver, final))
        if type_.kind == "map":
            if args or piped:
                raise state.error(f"{name} is not a method but has arguments")
            if type(receiver) is JsonMap:
                return Interface(receiver.get(name))
            return receiver.get(name, "")
        if isinstance(receiver, Struct) and name in receiver.fields:
            if args or piped:
                raise state.error(f"{name} has arguments but cannot be invoked as function")
            return receiver.fields[name]
        if name in HIDDEN_FIELDS.get(type_, ()):
            raise state.error(f"{name} is an unexported field of struct type {shown}")
        raise state.error(f"can't evaluate field {name} in type {shown}")

    # --- functions

    def function(
        self, word: Identifier, at: Positioned, args: list[Operand], *, piped: bool
    ) -> Step:
        function = self.functions[word.name]
        if function is BUILTINS.get(word.name):
            if word.name in ("and", "or"):
                return self.short_circuit(word, args, piped=piped)
            if word.name == "call" and (args or piped):
                return self.callee(word, function, at, args, piped=piped)
        return self.call(word.name, function, word, at, args, piped=piped)

    def callee(
        self,
        word: Identifier,
        function: Function,
        at: Positioned,
        args: list[Operand],
        *,
        piped: bool,
    ) -> Step:
        """``call``, which is told how the function it is given is written."""

        def refuse(name: str) -> Function:
            return Function(
                function.params, lambda *values: function.call(name, *values), function.variadic
            )

        if args:
            return self.call("call", refuse(str(args[0])), word, at, args, piped=piped)

        def run(state: State, dot: Value, final: Value) -> Value:
            value = dynamic(final)
            name = value if isinstance(value, str) else f"<{_type_name(value)} Value>"
            return self.call("call", refuse(name), word, at, args, piped=piped)(state, dot, final)

        return run

    def call(
        self,
        name: str,
        function: Function,
        mark: Positioned | None,
        at: Positioned,
        args: list[Operand],
        *,
        piped: bool,
        method: bool = False,
    ) -> Step:
        """A call of a function.

        ``mark`` is the node an error about the arguments names, ``at`` the one a failed call names.
        A ``method`` is handed its receiver and the value piped in as a pair.
        """
        wrong = _wrong_count(name, function, len(args), piped) or function.refusal
        count = len(args) + piped
        types = [*function.params, *([function.variadic or ANY] * count)][:count]
        arguments = [self.argument(arg, type_) for arg, type_ in zip(args, types, strict=False)]
        invoke = function.call

        def run(state: State, dot: Value, final: Value) -> Value:
            if mark is not None:
                state.node = mark
            if wrong:
                raise state.error(wrong)
            receiver = None
            if method:
                receiver, final = final
            values = []
            for argument in arguments:
                values.append(argument(state, dot))  # noqa: PERF401 - a frame less per level
            if piped:
                values.append(convert(state, final, types[-1]))
            for value in values:
                if type(value) is str and len(value) > _CHARGED:
                    state.charge(len(value))
            try:
                if method:
                    result = invoke(receiver, *values)
                elif function.context:
                    result = invoke(state.context, *values)
                else:
                    result = invoke(*values)
            except CallError as error:
                state.node = at
                raise state.error(f"error calling {name}: {error}") from None
            if type(result) is str and len(result) > _CHARGED:
                state.charge(len(result))
            return result

        return run

    def short_circuit(self, word: Identifier, args: list[Operand], *, piped: bool) -> Step:
        """``and``, ``or``: the first value that decides, else the last one."""
        decides = word.name == "or"
        arguments = [self.argument(arg, VALUE) for arg in args]

        def run(state: State, dot: Value, final: Value) -> Value:
            state.node = word
            if not arguments and not piped:
                raise state.error(f"wrong number of args for {word.name}: want at least 1 got 0")
            value = None
            for argument in arguments:
                value = argument(state, dot)
                if is_true(value) == decides:
                    return value
            return final if piped else value

        return run

    # --- arguments

    def argument(self, node: Operand, type_: GoType) -> Evaluate:
        """An operand as an argument of a type."""
        if isinstance(node, Nil):
            return _nil(node, type_)
        if isinstance(node, (Bool, Number, String)):
            value = node

            def fixed(state: State, dot: Value) -> Value:
                state.node = value
                return constant(state, value, type_)

            return fixed
        inner = self.operand(node)
        if type_ is VALUE:
            return inner

        def run(state: State, dot: Value) -> Value:
            return convert(state, inner(state, dot), type_)

        def text(state: State, dot: Value) -> Value:
            value = inner(state, dot)
            return value if type(value) is str else convert(state, value, type_)

        return text if type_ is STRING else run

    def operand(self, node: Operand) -> Evaluate:
        """An operand that is no constant, of whatever type it is."""
        if isinstance(node, Pipe):
            return self.pipe(node)
        if isinstance(node, Field):
            return _plain(self.field(node, [], piped=False))
        if isinstance(node, Variable):
            return _plain(self.variable(node, [], piped=False))
        if isinstance(node, Identifier):
            return _plain(self.function(node, node, [], piped=False))
        if isinstance(node, Chain):
            return _plain(self.chain(node, [], piped=False))

        def here(state: State, dot: Value) -> Value:
            state.node = node
            return dot

        return here


def _ignoring(evaluate: Evaluate) -> Step:
    return lambda state, dot, _: evaluate(state, dot)


def _plain(step: Step) -> Evaluate:
    return lambda state, dot: step(state, dot, None)


def _refused(word: Operand, mark: Positioned | None) -> Step:
    """What is no function is given an argument."""

    def run(state: State, dot: Value, final: Value) -> Value:
        if mark is not None:
            state.node = mark
        raise state.error(f"can't give argument to non-function {word}")

    return run


def _nil(node: Nil, type_: GoType) -> Evaluate:
    def run(state: State, dot: Value) -> Value:
        state.node = node
        if not type_.can_be_nil:
            raise state.error(f"cannot assign nil to {type_}")

    return run


def _wrong_count(name: str, function: Function, count: int, piped: bool) -> str:
    """What is wrong with the number of arguments; "" if nothing is."""
    wanted = len(function.params)
    if function.variadic is not None:
        if count + piped < wanted:
            return f"wrong number of args for {name}: want at least {wanted} got {count}"
    elif count + piped != wanted:
        return f"wrong number of args for {name}: want {wanted} got {count + piped}"
    return ""


def _type_name(value: Value) -> str:
    return "invalid" if value is None else type_of(value).name
