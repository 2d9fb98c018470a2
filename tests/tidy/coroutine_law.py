"""Finds statements with co_await that g++ 12 compiles wrongly.

g++ 12.2 destroys some temporaries of a statement with co_await twice: closures with captures, and aggregates made of
braces. So both get a name in a statement of their own. This is a reader of text, not of C++: it knows enough to be right
about code that is formatted and written as this project's is.
"""

import re

# Braces around these make values without a destructor, which cannot be destroyed twice.
TRIVIAL_TYPES = re.compile(
    r"(?:\b(?:Milliseconds|Instant|SteadyTime|Now|(?:std::)?chrono::\w+|seconds|milliseconds|minutes|hours|int|double|bool)"
    r"|\bstd::u?int\d+_t|\bstd::size_t)\s*$"
)
BLOCK_WORDS = re.compile(r"\b(?:else|do|try|const|noexcept|override|final|mutable)\s*$")
TRAILING_RETURN = re.compile(r"->\s*[\w:<>,\s*&]+$")
CAPTURING_COROUTINE = re.compile(r"\[[^\[\]]+\]\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*(?:mutable\s*)?(?:noexcept\s*)?->\s*[\w:]*awaitable\b")


def without_comments_and_texts(source):
    """The same text with comments, strings and character literals blanked out; line ends stay."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL,
    )

    def blank(match):
        text = match.group(0)
        keep = '"' if text[0] in "\"'R" else " "
        return keep + re.sub(r"[^\n]", " ", text[1:-1]) + keep if len(text) > 1 else text

    return pattern.sub(blank, source)


def _before(text, index):
    return text[:index].rstrip()


def _is_block(text, brace):
    """Whether the opening brace at `brace` opens a block, not a value."""
    before = _before(text, brace)
    if not before or before[-1] in ");{}:":
        return True
    if BLOCK_WORDS.search(before):
        return True
    return before[-1] in ">*&" or before[-1].isalnum() if TRAILING_RETURN.search(before[-120:]) else False


def _is_lambda(text, bracket):
    before = _before(text, bracket)
    if text.startswith("[[", bracket) or text.startswith("[[", bracket - 1):
        return False
    if re.search(r"\bauto\s*&{0,2}$", before):
        return False  # a structured binding
    return not before or before[-1] in "(,={;:?|&" or bool(re.search(r"\b(?:return|co_await|co_return)$", before))


def _matching(text, opening):
    """The index of the bracket that closes the one at `opening`."""
    closers = {"(": ")", "[": "]", "{": "}"}
    depth = 0
    for index in range(opening, len(text)):
        if text[index] == text[opening]:
            depth += 1
        elif text[index] == closers[text[opening]]:
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1


def _opening(text, closing):
    """The index of the brace that opens the one closed at `closing`."""
    depth = 0
    for index in range(closing, -1, -1):
        if text[index] == "}":
            depth += 1
        elif text[index] == "{":
            depth -= 1
            if depth == 0:
                return index
    return 0


def _statement_start(text, position):
    """Where the statement around `position` begins, and whether it stands inside a braced value."""
    index = position - 1
    while index >= 0:
        character = text[index]
        if character == ";":
            return index + 1, False
        if character == "{":
            if _is_block(text, index):
                return index + 1, False
            return index + 1, not TRIVIAL_TYPES.search(text[:index][-60:])
        if character == "}":
            after = text[index + 1 : position].lstrip()
            if after[:1] and after[0] in ",).;]?+-*/<>=&|":
                index = _opening(text, index)  # a value of this statement
            else:
                return index + 1, False
        index -= 1
    return 0, False


def _faults(text, start):
    """What is wrong in the statement that begins at `start`; read up to its end."""
    index = start
    while index < len(text):
        character = text[index]
        if character in ";}":
            return None
        if character == "[" and _is_lambda(text, index):
            end = _matching(text, index)
            if text[index + 1 : end].strip():
                return "a capturing lambda in a statement with co_await; name it first"
            body = text.find("{", end)
            index = _matching(text, body) if body >= 0 else end
        elif character == "{":
            if _is_block(text, index):
                return None
            if not TRIVIAL_TYPES.search(text[:index][-60:]):
                return "a braced value in a statement with co_await; name it first, then move it in"
            index = _matching(text, index)
        index += 1
    return None


def violations(source):
    """Pairs of line number and what is wrong, for the text of a C++ file."""
    text = without_comments_and_texts(source)
    found = set()
    for match in re.finditer(r"\bco_await\b", text):
        start, in_value = _statement_start(text, match.start())
        fault = _faults(text, start)
        # Asking for this_coro never suspends, so that nothing outlives a suspension.
        if in_value and not re.match(r"co_await\s+(?:\w+::)*this_coro::", text[match.start() :]):
            fault = "co_await inside a braced value; name its result first"
        if fault:
            found.add((text.count("\n", 0, match.start()) + 1, fault))
    for match in CAPTURING_COROUTINE.finditer(text):
        if _is_lambda(text, match.start()):
            found.add((text.count("\n", 0, match.start()) + 1, "a coroutine that is a capturing lambda; make it a function"))
    return sorted(found)
