"""Lists the small changes ("mutants") of a C++ file that a test ought to notice."""

import re
from dataclasses import dataclass

from cpp_tokens import is_spaced, partners_of, statements_of, tokens_of


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int  # from 1
    start: int
    end: int
    replacement: str
    kind: str
    change: str  # for people: `old` -> `new`
    code: str  # the whole line, without the blanks around it
    place: int  # which of the equal changes of equal lines of the file, from 1

    def applied_to(self, text):
        return text[: self.start] + self.replacement + text[self.end :]

    def describe(self):
        which = f", place {self.place}" if self.place > 1 else ""
        return f"{self.path}:{self.line}: {self.change}{which} ({self.kind}) in: {self.code}"

    def identity(self):
        """The same for the same change of the same line, wherever the line stands."""
        return (self.path, self.code, self.change, self.place)


BETWEEN_OPERANDS = {
    "<": ("<=", "bound"),
    "<=": ("<", "bound"),
    ">": (">=", "bound"),
    ">=": (">", "bound"),
    "==": ("!=", "comparison"),
    "!=": ("==", "comparison"),
    "&&": ("||", "condition"),
    "||": ("&&", "condition"),
    "+": ("-", "arithmetic"),
    "-": ("+", "arithmetic"),
    "*": ("/", "arithmetic"),
    "/": ("*", "arithmetic"),
    "%": ("*", "arithmetic"),
    "&": ("|", "bits"),
    "|": ("&", "bits"),
    "^": ("&", "bits"),
    "<<": (">>", "bits"),
    ">>": ("<<", "bits"),
    "+=": ("-=", "arithmetic"),
    "-=": ("+=", "arithmetic"),
    "*=": ("/=", "arithmetic"),
    "/=": ("*=", "arithmetic"),
    "|=": ("&=", "bits"),
    "&=": ("|=", "bits"),
}
NAMES = {
    "true": "false",
    "false": "true",
    "min": "max",
    "max": "min",
    "all_of": "any_of",
    "any_of": "all_of",
    "none_of": "any_of",
    "front": "back",
    "back": "front",
    "lower_bound": "upper_bound",
    "upper_bound": "lower_bound",
    "ceil": "floor",
    "floor": "ceil",
}
# What is written before a unary operator or an operand, not after one.
BEFORE_OPERAND = {"(", "[", "{", ",", "=", "&&", "||", "?", ":", "return", ";", "}", "<", "<=", ">", ">=", "==", "!=",
                  "!", "+=", "-="}


def mutants_of(path, text):
    """All mutants of the file `text`, in the order of their places."""
    tokens = tokens_of(text)
    partners = partners_of(tokens)
    skipped = set(_positions_to_skip(tokens, partners))
    edits = set()
    for finder in (_operators, _names, _literals, _negations, _conditions, _removals):
        for first, last, replacement, kind in finder(text, tokens, partners):
            if first not in skipped:
                edits.add((tokens[first].start, tokens[last].end, replacement, kind))
    lines, seen, found = text.splitlines(), {}, []
    for start, end, replacement, kind in sorted(edits):
        old, new = " ".join(text[start:end].split()), " ".join(replacement.split())
        change = f"`{old}` removed" if new in ("", ";") else f"`{old}` -> `{new}`"
        line = text.count("\n", 0, start) + 1
        code = " ".join(lines[line - 1].split())
        place = seen[code, change] = seen.get((code, change), 0) + 1
        found.append(Mutant(path, line, start, end, replacement, kind, change, code, place))
    return found


def _positions_to_skip(tokens, partners):
    """What nobody can see at run time: template heads, arguments of static_assert, sizes to reserve."""
    for index, token in enumerate(tokens[:-1]):
        if token.text in ("static_assert", "reserve") and tokens[index + 1].text == "(":
            yield from range(index, partners[index + 1] + 1)
        elif token.text == "template" and tokens[index + 1].text == "<":
            depth, at = 0, index + 1
            while True:
                depth += {"<": 1, ">": -1}.get(tokens[at].text, 0)
                yield at
                if depth == 0:
                    break
                at += 1


def _operators(text, tokens, _partners):
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        # Shifts are read as two brackets where templates end; here they are one token with blanks around it.
        if token.text == ">" and text[token.start : token.start + 2] == ">>" and text[token.start - 1].isspace():
            continue
        if token.text in BETWEEN_OPERANDS and is_spaced(text, token) and tokens[index - 1].text != "operator":
            replacement, kind = BETWEEN_OPERANDS[token.text]
            yield index, index, replacement, kind
        elif token.text in ("++", "--"):
            yield index, index, "--" if token.text == "++" else "++", "arithmetic"


def _names(_text, tokens, _partners):
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text in NAMES:
            if token.text in ("true", "false") or tokens[index + 1].text == "(":
                yield index, index, NAMES[token.text], "swap"


def _literals(_text, tokens, _partners):
    for index, token in enumerate(tokens):
        if token.kind == "number":
            for replacement in _other_numbers(token.text):
                yield index, index, replacement, "constant"
        elif token.kind == "character" and re.fullmatch(r"'[!-&(-\[\]-}]'", token.text):
            yield index, index, f"'{_next_character(token.text[1])}'", "constant"


def _next_character(character):
    following = chr(ord(character) + 1)
    return "\\" + following if following in "'\\" else following


def _other_numbers(text):
    match = re.fullmatch(r"(0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9][0-9']*)([uUlLzZ]*)", text)
    if match is None:
        if re.fullmatch(r"[0-9.]+", text):
            yield str(float(text) + 1)
        return
    digits, suffix = match.groups()
    value = int(digits.replace("'", ""), 0 if digits[:2].lower() in ("0x", "0b") else 10)
    yield f"{value + 1}{suffix}"
    if value > 0:
        yield f"{value - 1}{suffix}"


def _negations(_text, tokens, _partners):
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text == "!":
            yield index, index, "", "negation"
        elif token.text == "-" and token.kind == "sign" and tokens[index - 1].text in BEFORE_OPERAND:
            yield index, index, "+", "negation"


def _conditions(text, tokens, partners):
    """if (a) -> if (!(a)), the same for while; a declaration in the condition is left alone."""
    for index, token in enumerate(tokens[:-1]):
        if token.text not in ("if", "while") or tokens[index + 1].text != "(":
            continue
        first, last = index + 2, partners[index + 1] - 1
        for at in range(first, last + 1):
            if tokens[at].text == ";":
                first = at + 1
        declares = any(tokens[at].text == "=" for at in range(first, last + 1))
        negated = tokens[first].text == "!" and not any(tokens[at].text in ("&&", "||") for at in range(first, last))
        if declares or negated:
            continue
        yield first, last, f"!({text[tokens[first].start : tokens[last].end]})", "negation"


# Statements that only announce, reserve or assert: without them the program does the same.
KEPT_STATEMENTS = re.compile(r"check\(|static_cast<void>|using |goto |(?:[\w.>-]|\[[^]]*\])+(?:\.|->)reserve\(")
DECLARATION = re.compile(r"[\w>&*\]] *[&*]* +[&*]*\w+ *(?:[=({;]|$)|\bauto\b")
HEADS_THAT_STAY = {"return", "if", "for", "while", "switch", "else", "do", "using", "case", "default", "const",
                   "static", "constexpr", "typedef", "friend", "throw", "struct", "class", "auto", "co_return"}


def _removals(text, tokens, _partners):
    for first, last in statements_of(tokens):
        statement = text[tokens[first].start : tokens[last].end]
        flat = " ".join(statement.split())
        if flat in ("return;", "break;", "continue;"):
            yield first, last, ";", "statement"
        elif tokens[first].text not in HEADS_THAT_STAY and not KEPT_STATEMENTS.match(flat) and _acts(flat):
            yield first, last, ";", "statement"


def _acts(statement):
    """Whether it is a call, an assignment or an increment, not a declaration."""
    head = re.split(r"(?<![=!<>])=(?!=)|[({]|[-+*/|&^]=|\+\+|--|<<", statement)[0]
    words = head.split()
    return len(words) <= 1 and not re.fullmatch(r"[\w:<>, ]+;", statement)
