"""The parser of templates: tokens to a tree.

After the behaviour of Go's ``text/template/parse`` (parse.go): which token is wrong, what the
error says and which line it names. Unlike Go, which lets control structures nest without end and
parentheses 10,000 deep, both together may nest :data:`MAX_DEPTH` deep here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Literal, NoReturn

from toolkit.errors import Span
from toolkit.logql.quoting import quote
from toolkit.logql.template.errors import TemplateSyntaxError
from toolkit.logql.template.lexer import Kind, Token, tokens
from toolkit.logql.template.literals import number
from toolkit.logql.template.nodes import (
    Action,
    Arm,
    Bool,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Node,
    Number,
    Operand,
    Pipe,
    Range,
    String,
    Template,
    Text,
    Variable,
)
from toolkit.logql.template.quoting import WHITE_SPACE, unquote

MAX_DEPTH = 100
"""How deep parentheses and control structures may nest; deeper ones are refused."""

_STRINGS = (Kind.STRING, Kind.RAW_STRING)
_NUMBERS = (Kind.CHAR_CONSTANT, Kind.COMPLEX, Kind.NUMBER)
_TERMS = frozenset(
    {
        Kind.BOOL,
        Kind.DOT,
        Kind.FIELD,
        Kind.IDENTIFIER,
        Kind.VARIABLE,
        Kind.LEFT_PAREN,
        *_STRINGS,
        *_NUMBERS,
    }
)
_Terminator = Literal["{{end}}", "{{else}}"]
_END: _Terminator = "{{end}}"
_ELSE: _Terminator = "{{else}}"


def parse(text: str, *, name: str, functions: Container[str]) -> Template:
    """The tree of ``text``; ``name`` is what error texts call it, ``functions`` all known names.

    Raises :class:`TemplateSyntaxError` in Go's words: ``template: line:1: unclosed action``.
    """
    definitions: dict[str, tuple[Node, ...]] = {}
    parser = _Parser(name, text, tokens(text, functions), functions, definitions)
    try:
        root = parser.parse_root()
    except RecursionError:
        # MAX_DEPTH leaves room enough, unless the caller is very deep itself.
        parser.fail("max expression depth exceeded")
    return Template(name, text, definitions.get(name, root), definitions)


class _Parser:
    """One template of a text; ``define`` and ``block`` start another on the same tokens.

    Go keeps a look-ahead of three tokens, and an error names the line of the token read last, not
    of the one that is wrong; ``_ahead`` is that look-ahead, ``_last`` that token.
    """

    def __init__(
        self,
        name: str,
        text: str,
        source: Iterator[Token],
        functions: Container[str],
        definitions: dict[str, tuple[Node, ...]],
        depth: int = 0,
    ) -> None:
        self.name = name
        self.text = text
        self.source = source
        self.functions = functions
        self.definitions = definitions
        self.variables = ["$"]
        self.ahead: list[Token] = []
        self.last = Token(Kind.EOF, 0, "", 0)
        self.action_line = 0
        self.range_depth = 0
        self.depth = depth

    # --- tokens

    def next(self) -> Token:
        if self.ahead:
            return self.ahead.pop()
        self.last = next(self.source)
        return self.last

    def back(self, *read: Token) -> None:
        """Give tokens back, in the order they were read."""
        self.ahead.extend(reversed(read))

    def peek(self) -> Token:
        token = self.next()
        self.back(token)
        return token

    def next_word(self) -> Token:
        """The next token that is not a space."""
        token = self.next()
        while token.kind is Kind.SPACE:
            token = self.next()
        return token

    def peek_word(self) -> Token:
        token = self.next_word()
        self.back(token)
        return token

    # --- errors

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        place = token or self.last
        span = Span(place.pos, min(place.pos + max(1, len(place.value)), len(self.text)))
        if place.kind is Kind.ERROR:
            span = Span(place.pos, min(place.pos + 1, len(self.text)))
        raise TemplateSyntaxError(
            f"template: {self.name}:{self.last.line}: {message}", text=self.text, span=span
        )

    def unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is not Kind.ERROR:
            self.fail(f"unexpected {token} in {context}", token)
        started = ""
        if self.action_line not in (0, token.line):
            started = f" started at {self.name}:{self.action_line}"
            if not token.value.endswith(" action"):
                started = " in action" + started
        self.fail(f"{token.value}{started}", token)

    def expect(self, context: str, *kinds: Kind) -> Token:
        token = self.next_word()
        if token.kind not in kinds:
            self.unexpected(token, context)
        return token

    def deeper(self) -> None:
        if self.depth >= MAX_DEPTH:
            self.fail("max expression depth exceeded")
        self.depth += 1

    # --- templates

    def parse_root(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self.peek().kind is not Kind.EOF:
            if self.peek().kind is Kind.LEFT_DELIM:
                delimiter = self.next()
                word = self.next_word()
                if word.is_keyword("define"):
                    self.define()
                    continue
                self.back(delimiter, word)
            node = self.text_or_action()
            if isinstance(node, str):
                self.fail(f"unexpected {node}")
            nodes.append(node)
        self.add(self.name, tuple(nodes))
        return tuple(nodes)

    def nested(self) -> _Parser:
        return _Parser(
            self.name, self.text, self.source, self.functions, self.definitions, self.depth
        )

    def define(self) -> None:
        parser = self.nested()
        context = "define clause"
        token = parser.expect(context, *_STRINGS)
        name = parser.string_value(token)
        parser.expect(context, Kind.RIGHT_DELIM)
        parser.definition(name, context, parser)

    def definition(self, name: str, context: str, reporter: _Parser) -> None:
        """The body of a ``define`` or ``block`` up to its end; ``reporter`` words what is wrong."""
        body, end = self.items()
        if end != _END:
            reporter.fail(f"unexpected {end} in {context}")
        self.add(name, body)

    def add(self, name: str, nodes: tuple[Node, ...]) -> None:
        """Keep a template under its name; only an empty one may be defined again."""
        known = self.definitions.get(name)
        if known is None or _is_empty(known):
            self.definitions[name] = nodes
        elif not _is_empty(nodes):
            self.fail(f"template: multiple definition of template {quote(name)}")

    def string_value(self, token: Token) -> str:
        try:
            return unquote(token.value)
        except ValueError as error:
            self.fail(str(error), token)

    # --- actions

    def items(self) -> tuple[tuple[Node, ...], _Terminator]:
        """Nodes up to ``{{end}}`` or ``{{else}}``, and which of them it was."""
        nodes: list[Node] = []
        while True:
            if self.peek_word().kind is Kind.EOF:
                self.fail("unexpected EOF")
            node = self.text_or_action()
            if isinstance(node, str):
                return tuple(nodes), node
            nodes.append(node)

    def text_or_action(self) -> Node | _Terminator:
        token = self.next_word()
        if token.kind is Kind.TEXT:
            return Text(token.pos, token.value)
        if token.kind is not Kind.LEFT_DELIM:
            self.unexpected(token, "input")
        self.action_line = token.line
        node = self.action()
        self.action_line = 0
        return node

    def action(self) -> Node | _Terminator:
        token = self.next_word()
        word = token.value if token.kind is Kind.KEYWORD else ""
        if word == "end":
            self.expect("end", Kind.RIGHT_DELIM)
            return _END
        if word == "else":
            return self.otherwise()
        if word == "if":
            return self.branch("if")
        if word == "with":
            return self.branch("with")
        if word == "range":
            return self.range()
        if word == "break":
            return self.jump("break", token)
        if word == "continue":
            return self.jump("continue", token)
        if word == "template":
            return self.call()
        if word == "block":
            return self.block()
        self.back(token)
        return Action(token.pos, self.pipeline("command", Kind.RIGHT_DELIM))

    def otherwise(self) -> _Terminator:
        token = self.peek_word()
        # The condition of {{else if}} and {{else with}} is left to the branch it belongs to.
        if not (token.is_keyword("if") or token.is_keyword("with")):
            self.expect("else", Kind.RIGHT_DELIM)
        return _ELSE

    def branch(self, kind: Literal["if", "with"]) -> Branch:
        self.deeper()
        known = len(self.variables)
        arms: list[Arm] = []
        otherwise: tuple[Node, ...] | None = None
        while True:
            pipe = self.pipeline(kind, Kind.RIGHT_DELIM)
            body, end = self.items()
            arms.append(Arm(pipe, body))
            if end == _END:
                break
            if self.peek().is_keyword(kind):
                self.next()
                continue
            otherwise = self.last_items()
            break
        del self.variables[known:]
        self.depth -= 1
        return Branch(arms[0].pipe.pos, kind, tuple(arms), otherwise)

    def last_items(self) -> tuple[Node, ...]:
        """What stands under the last ``{{else}}``."""
        nodes, end = self.items()
        if end != _END:
            self.fail(f"expected end; found {end}")
        return nodes

    def range(self) -> Range:
        self.deeper()
        known = len(self.variables)
        pipe = self.pipeline("range", Kind.RIGHT_DELIM)
        self.range_depth += 1
        body, end = self.items()
        self.range_depth -= 1
        otherwise = self.last_items() if end == _ELSE else None
        del self.variables[known:]
        self.depth -= 1
        return Range(pipe.pos, pipe, body, otherwise)

    def jump(self, kind: Literal["break", "continue"], token: Token) -> Jump:
        following = self.next_word()
        if following.kind is not Kind.RIGHT_DELIM:
            self.unexpected(following, f"{{{{{kind}}}}}")
        if self.range_depth == 0:
            self.fail(f"{{{{{kind}}}}} outside {{{{range}}}}")
        return Jump(token.pos, kind)

    def template_name(self, context: str) -> tuple[Token, str]:
        token = self.next_word()
        if token.kind not in _STRINGS:
            self.unexpected(token, context)
        return token, self.string_value(token)

    def call(self) -> Call:
        context = "template clause"
        token, name = self.template_name(context)
        following = self.next_word()
        if following.kind is Kind.RIGHT_DELIM:
            return Call(token.pos, name, None)
        self.back(following)
        return Call(token.pos, name, self.pipeline(context, Kind.RIGHT_DELIM))

    def block(self) -> Call:
        context = "block clause"
        token, name = self.template_name(context)
        pipe = self.pipeline(context, Kind.RIGHT_DELIM)
        self.deeper()
        self.nested().definition(name, context, self)
        self.depth -= 1
        return Call(token.pos, name, pipe)

    # --- pipelines

    def pipeline(self, context: str, end: Kind) -> Pipe:
        start = self.peek_word()
        variables, assign = self.declarations(context)
        commands: list[Command] = []
        while True:
            token = self.next_word()
            if token.kind is end:
                break
            if token.kind not in _TERMS and not token.is_keyword("nil"):
                self.unexpected(token, context)
            self.back(token)
            commands.append(self.command())
        if not commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.args[0], (Bool, Dot, Nil, Number, String)):
                self.fail(f"non executable command in pipeline stage {stage}")
        return Pipe(start.pos, variables, assign, tuple(commands))

    def declarations(self, context: str) -> tuple[tuple[Variable, ...], bool]:
        """``$x :=``, ``$x =`` or, in a range, ``$i, $x :=``; and whether it is an assignment."""
        variables: list[Variable] = []
        while True:
            token = self.peek_word()
            if token.kind is not Kind.VARIABLE:
                return tuple(variables), False
            self.next()
            behind = self.peek()
            following = self.peek_word()
            declares = following.kind in (Kind.ASSIGN, Kind.DECLARE)
            if not declares and not (following.kind is Kind.CHAR and following.value == ","):
                # An argument, not a declaration: read on from the variable.
                if behind.kind is Kind.SPACE:
                    self.back(behind)
                self.back(token)
                return tuple(variables), False
            self.next_word()
            variables.append(Variable(token.pos, tuple(token.value.split("."))))
            self.variables.append(token.value)
            if declares:
                return tuple(variables), following.kind is Kind.ASSIGN
            if context != "range" or len(variables) >= 2:
                self.fail(f"too many declarations in {context}")
            if self.peek_word().kind not in (Kind.VARIABLE, Kind.RIGHT_DELIM, Kind.RIGHT_PAREN):
                self.fail("range can only initialize variables")

    def command(self) -> Command:
        start = self.peek_word()
        args: list[Operand] = []
        while True:
            self.peek_word()
            operand = self.operand()
            if operand is not None:
                args.append(operand)
            token = self.next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.RIGHT_DELIM, Kind.RIGHT_PAREN):
                self.back(token)
            elif token.kind is not Kind.PIPE:
                self.unexpected(token, "operand")
            break
        if not args:
            self.fail("empty command")
        return Command(start.pos, tuple(args))

    def operand(self) -> Operand | None:
        """A term and the fields behind it; None if the next token starts none."""
        node = self.term()
        if node is None or self.peek().kind is not Kind.FIELD:
            return node
        pos = self.peek().pos
        names: list[str] = []
        while self.peek().kind is Kind.FIELD:
            names.append(self.next().value[1:])
        if isinstance(node, (Field, Variable)):
            return type(node)(pos, (*node.names, *names))
        if isinstance(node, (Bool, String, Number, Nil, Dot)):
            self.fail(f"unexpected . after term {quote(str(node))}")
        return Chain(pos, node, tuple(names))

    def term(self) -> Operand | None:
        token = self.next_word()
        kind = token.kind
        if kind is Kind.FIELD:
            return Field(token.pos, (token.value[1:],))
        if kind is Kind.IDENTIFIER:
            if token.value not in self.functions:
                self.fail(f"function {quote(token.value)} not defined", token)
            return Identifier(token.pos, token.value)
        if kind in _STRINGS:
            return String(token.pos, token.value, self.string_value(token))
        if kind is Kind.VARIABLE:
            if token.value not in self.variables:
                self.fail(f"undefined variable {quote(token.value)}", token)
            return Variable(token.pos, (token.value,))
        if kind in _NUMBERS:
            try:
                return number(token.pos, token.value, kind)
            except ValueError as error:
                self.fail(str(error), token)
        if kind is Kind.LEFT_PAREN:
            self.deeper()
            pipe = self.pipeline("parenthesized pipeline", Kind.RIGHT_PAREN)
            self.depth -= 1
            return pipe
        if kind is Kind.DOT:
            return Dot(token.pos)
        if kind is Kind.BOOL:
            return Bool(token.pos, token.value == "true")
        if token.is_keyword("nil"):
            return Nil(token.pos)
        self.back(token)
        return None


def _is_empty(nodes: tuple[Node, ...]) -> bool:
    """Whether there is nothing but white space."""
    return all(isinstance(node, Text) and not node.text.strip(WHITE_SPACE) for node in nodes)
