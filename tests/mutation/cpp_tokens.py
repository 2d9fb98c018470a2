"""Cuts C++ text into tokens, as far as mutants need it."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:[^\n\\]|\\.)*)
  | (?P<raw>(?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<text>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<character>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
  | (?P<number>\.?[0-9](?:'?[0-9A-Za-z_.]|[eEpP][+-])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign><=>|<<=|>>=|\.\.\.|->\*|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\sA-Za-z_0-9])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


def tokens_of(text):
    """The tokens of code: no comments, no directives. Two closing angle brackets are two tokens unless blanks stand
    around them: the layout of this project tells templates from shifts and comparisons."""
    tokens = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup if match.lastgroup != "delimiter" else "raw"
        if kind not in ("comment", "directive"):
            tokens.append(Token(kind, match.group(), match.start()))
    return tokens


def is_spaced(text, token):
    """Whether blanks stand on both sides: then it is an operator between two operands."""
    before, after = text[token.start - 1 : token.start], text[token.end : token.end + 1]
    return before.isspace() and after.isspace()


CLOSING = {"(": ")", "[": "]", "{": "}"}


def partners_of(tokens):
    """For each opening bracket, round, square or curly, the index of the one that closes it."""
    partners, open_ones = {}, []
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in CLOSING:
            open_ones.append(index)
        elif token.text in CLOSING.values():
            partners[open_ones.pop()] = index
    return partners


HEADS_WITHOUT_STATEMENTS = {"namespace", "class", "struct", "enum", "union", "extern"}


def statements_of(tokens):
    """Pairs of the first and the last token of each simple statement (up to its semicolon) inside function bodies."""
    partners = partners_of(tokens)
    scopes, statements, start, index = [], [], 0, 0
    while index < len(tokens):
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        if text in ("(", "["):
            index = partners[index]
        elif text == "{":
            kind = _scope_kind(tokens, start, index, scopes)
            if kind == "value":
                index = partners[index]
            else:
                scopes.append(kind)
                start = index + 1
        elif text == "}":
            scopes.pop()
            start = index + 1
        elif text == ";":
            if scopes and scopes[-1] == "body" and index > start:
                statements.append((start, index))
            start = index + 1
        elif text == ":" and tokens[start].text in ("case", "default", "public", "private", "protected"):
            start = index + 1
        index += 1
    return statements


def _scope_kind(tokens, start, index, scopes):
    head = [token.text for token in tokens[start:index]]
    if not head:
        return "body" if scopes and scopes[-1] == "body" else "other"
    if HEADS_WITHOUT_STATEMENTS.intersection(head[:3]) and ")" not in head:
        return "other"
    if "=" in head or head[0] == "return" or head[-1] in (",", "("):
        # A value, or a lambda that is given a name: the latter's statements count too.
        return "body" if "]" in head and head[-1] in (")", "]", "mutable") else "value"
    if head[-1] in ("else", "do", "try") or ")" in head:
        return "body"
    return "value" if scopes and scopes[-1] == "body" else "other"
