"""A statement as a row of tokens: words, numbers, names, routes, examples and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from quantumlayer.offline.reading.text._routes import parse_route
from quantumlayer.offline.reading.text._sketches import Sketch, parse_sketch
from quantumlayer.offline.reading.text._words import Form, forms

__all__ = ["STATUSES", "Kind", "Token", "tokenize", "unwritten"]

Kind = Literal[
    "word", "name", "number", "date", "time", "quote", "code", "route", "sketch", "status", "mark"
]
"""`name` is spelled as in JSON (`page_size`, `createdAt`, or anything in code quotes); `quote` is
text in quotation marks; `sketch` is an object such as `{"id", "name"}`; `status` is an HTTP status
with its phrase (`201 Created`)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `low` is what patterns are compared with."""

    text: str
    low: str
    kind: Kind
    start: int
    end: int
    value: Any = None

    @property
    def forms(self) -> frozenset[Form]:
        """Which forms of a verb it is; none for what is no word."""
        return forms(self.low) if self.kind == "word" else frozenset()


_PATTERNS = r"""
    (?P<code>   `{1,3}[^`]+`{1,3} )
  | (?P<route>  (?:GET|POST|PUT|PATCH|DELETE)\s+/[^\s,;)\"'`*]* )
  | (?P<url>    https?://[^\s)\"'`,;]+ )
  | (?P<path>   (?<![\w/{}.])/[a-zA-Z{:<][^\s,;)\"'`*]* )
  | (?P<query>  [?&][a-z_A-Z]\w*=[^\s,;)\"'`]* )
  | (?P<quote>  "[^"]{0,300}" | “[^”]{0,300}” | „[^“”]{0,300}[“”] | «[^»]{0,300}»
              | (?<![\w'])'(?!s\b)[^'\n]{1,60}'(?![\w']) | ‘[^’\n]{1,60}’(?!\w) )
  | (?P<date>   \d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)? )
  | (?P<time>   (?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?:\s?[ap]\.?m\b\.?)?
              | (?<![\d:])(?:1[0-2]|0?[1-9])\s?[ap]\.?m\b\.? )
  | (?P<number> (?<!\w)(?<!\w\.)[€$£]?\s?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)
              | (?<!\w)(?<!\w\.)[€$£]?\s?\d+(?:\.\d+)? )
  | (?P<word>   [^\W\d_](?:[\w]|['’](?=\w)|-(?=\w)|\.(?=[a-z]\b\.))* )
  | (?P<mark>   ->|=>|<=|>=|!=|==|--|\.\.\.|\.\.|\*\*|__|\S )
"""
_SCANNER = re.compile(_PATTERNS, re.VERBOSE)
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]*)+")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,500}\)")
_ABBREVIATED = re.compile(r"\b(min|max|approx|incl|excl|resp)\.(?=\s*\w)", re.IGNORECASE)
_METHODS_OF_ONE = re.compile(
    r"(`?)\b((?:GET|POST|PUT|PATCH|DELETE)(?:\s?[|/]\s?(?:GET|POST|PUT|PATCH|DELETE))+)\s+(/[^\s`,;)]*)`?"
)
"""`GET|POST /notes` stands for two routes."""
_LISTED = re.compile(r"\[\s*\{")
_LONGEST_SKETCH = 4_000
_CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "let's": "let us",
    "it's": "it is",
    "that's": "that is",
    "there's": "there is",
    "here's": "here is",
    "what's": "what is",
    "who's": "who is",
    "he's": "he is",
    "she's": "she is",
    "everything's": "everything is",
    "nothing's": "nothing is",
}
_ENDINGS = (
    ("n't", "not"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'d", "would"),
    ("'m", "am"),
)
_SPELLINGS = {
    "e-mail": "email",
    "e-mails": "emails",
    "log-in": "login",
    "log-ins": "logins",
    "logon": "login",
    "id's": "ids",
    "canceled": "cancelled",
    "canceling": "cancelling",
}
_PHRASES = re.compile(
    r"\s+(?:OK|Created|No Content|Accepted|Found|Bad Request|Unauthorized|Unauthorised|Forbidden"
    r"|Not Found|Conflict|Unprocessable (?:Entity|Content)|Method Not Allowed|Gone)\b",
    re.IGNORECASE,
)
STATUSES = frozenset(
    {200, 201, 202, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 410, 422, 429}
)


def tokenize(text: str) -> tuple[Token, ...]:
    """Cut a statement into tokens, contractions written out, emphasis left out.

    Never fails: what is nothing else is a mark.
    """
    text = _LINK.sub(lambda match: match[1], text).replace("’", "'")
    text = _METHODS_OF_ONE.sub(
        lambda m: ", ".join(f"{m[1]}{each} {m[3]}{m[1]}" for each in re.findall(r"[A-Z]+", m[2])),
        text,
    )
    text = _ABBREVIATED.sub(lambda match: f"{match[1]} ", text)
    return tuple(_joined(list(_scan(text))))


def unwritten(text: str) -> tuple[Token, ...]:
    """Make tokens that stand nowhere in the document: words and marks, split at spaces."""
    return tuple(
        Token(part, part, "word" if part[0].isalnum() else "mark", -1, -1) for part in text.split()
    )


def _scan(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        sketch = _sketch_at(text, position)
        if sketch is not None:
            end, value = sketch
            yield Token(text[position:end], "{}", "sketch", position, end, value)
            position = end
            continue
        match = _SCANNER.match(text, position)
        if match is None:  # pragma: no cover -- \S takes every visible character
            position += 1
            continue
        position = match.end()
        for token in _tokens(text, match):
            position = max(position, token.end)
            yield token


def _sketch_at(text: str, position: int) -> tuple[int, Sketch] | None:
    if text[position] != "{" and not _LISTED.match(text, position):
        return None
    depth = 0
    for end in range(position, min(len(text), position + _LONGEST_SKETCH)):
        if text[end] in "{[":
            depth += 1
        elif text[end] in "}]":
            depth -= 1
            if depth == 0:
                value = parse_sketch(text[position : end + 1])
                return None if value is None else (end + 1, value)
    return None


def _tokens(text: str, match: re.Match[str]) -> Iterator[Token]:
    kind, found, start, end = match.lastgroup, match[0], match.start(), match.end()
    match kind:
        case "code":
            yield _code(found.strip("`").strip(), start, end)
        case "route" | "path" | "query":
            trimmed = found.rstrip(".:?!") if not found.endswith("...") else found
            route = parse_route(trimmed)
            end = start + len(trimmed)
            if route is None:
                yield Token(trimmed, trimmed.lower(), "mark", start, end)
            else:
                yield Token(trimmed, "route", "route", start, end, route)
            rest = found[len(trimmed) :].strip()
            if rest:
                yield Token(rest, rest, "mark", end, end + len(rest))
        case "url":
            trimmed = found.rstrip(".")
            yield Token(trimmed, trimmed, "quote", start, start + len(trimmed), trimmed)
        case "quote":
            inner = found[1:-1].strip().rstrip(",.")
            yield Token(found, f'"{inner.lower()}"', "quote", start, end, inner)
        case "date":
            yield Token(found, found, "date", start, end, found)
        case "time":
            yield Token(found, found, "time", start, end, _clock(found))
        case "number":
            yield _number(text, found, start, end)
        case "word":
            yield from _words(found, start)
        case _:
            yield Token(found, _mark(found), "mark", start, end)


def _mark(found: str) -> str:
    return {"–": "-", "—": "-", "--": "-", "->": "→", "=>": "→", "≤": "<=", "≥": ">="}.get(
        found, found
    )


def _clock(text: str) -> str:
    digits = re.findall(r"\d+", text)
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    low = text.lower()
    if "p" in low and hour < 12:
        hour += 12
    if "a" in low and hour == 12:
        hour = 0
    return f"{hour:02}:{minute:02}"


def _number(text: str, found: str, start: int, end: int) -> Token:
    digits = found.lstrip("€$£ ").replace(",", "")
    value: int | float = float(digits) if "." in digits else int(digits)
    if value in STATUSES:
        phrase = _PHRASES.match(text, end)
        if phrase:
            return Token(
                text[start : phrase.end()], str(value), "status", start, phrase.end(), value
            )
    return Token(found, digits, "number", start, end, value)


def _code(inner: str, start: int, end: int) -> Token:
    route = parse_route(f"?{inner}" if re.fullmatch(r"\w+=(true|false)", inner) else inner)
    if route is not None:
        return Token(inner, "route", "route", start, end, route)
    sketch = parse_sketch(inner) if inner.startswith(("{", "[")) else None
    if sketch is not None:
        return Token(inner, "{}", "sketch", start, end, sketch)
    if re.fullmatch(r"\d+(?:\.\d+)?", inner):
        return _number(inner, inner, 0, len(inner)).__class__(
            inner, inner, "number", start, end, float(inner) if "." in inner else int(inner)
        )
    status = re.fullmatch(r"([1-5]\d\d)\s+[A-Z][A-Za-z ]+", inner)
    if status:
        return Token(inner, status[1], "status", start, end, int(status[1]))
    if len(inner) > 1 and inner[0] in "\"'" and inner[-1] == inner[0]:
        return Token(inner, f'"{inner[1:-1].lower()}"', "quote", start, end, inner[1:-1])
    if inner in {"true", "false"}:
        return Token(inner, inner, "word", start, end)
    if _PLAIN_NAME.fullmatch(inner):
        return Token(inner, inner.lower(), "name", start, end, inner)
    return Token(inner, inner.lower(), "code", start, end, inner)


def _words(found: str, start: int) -> Iterator[Token]:
    end = start + len(found)
    low = found.lower().replace("’", "'")
    if _IDENTIFIER.fullmatch(found) and low not in {"e.g", "i.e", "a.m", "p.m"}:
        yield Token(found, low, "name", start, end, found)
        return
    low = _SPELLINGS.get(low, low)
    if low in _CONTRACTIONS:
        for part in _CONTRACTIONS[low].split():
            yield Token(part, part, "word", start, end)
        return
    for ending, meaning in _ENDINGS:
        if low.endswith(ending) and len(low) > len(ending):
            stem = low[: -len(ending)]
            yield Token(stem, stem, "word", start, end)
            yield Token(meaning, meaning, "word", start, end)
            return
    for ending in ("'s", "'"):
        if low.endswith(ending):
            stem = low[: -len(ending)]
            yield Token(found[: len(stem)], stem, "word", start, start + len(stem))
            yield Token("'s", "'s", "mark", start + len(stem), end)
            return
    yield Token(found, low, "word", start, end)


def _joined(tokens: list[Token]) -> Iterator[Token]:
    """Leave emphasis out, and join what belongs together."""
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text in {"**", "__"}:
            continue
        if token.text == "-" and _glued(before, token, after):
            continue  # a 14-day loan
        if token.text in {"*", "_"} and _emphasis(before, token, after):
            continue
        if token.low == "?" and before is not None and _may_be_left_out(tokens, index):
            yield from (replace(token, text=word, low=word, kind=kind) for word, kind in _OPTIONAL)
            continue
        if token.low == "'" and token.kind == "mark" and before is not None:
            yield replace(token, text="'s", low="'s")
            continue
        yield token


_OPTIONAL: tuple[tuple[str, Kind], ...] = (("(", "mark"), ("optional", "word"), (")", "mark"))
_ASKING = frozenset(
    "what which who whose how when where why can could may should shall must will would is are do does did has have"
    " and or not so".split()
)


def _may_be_left_out(tokens: list[Token], index: int) -> bool:
    """`title, note?`: behind a name, glued to it, in no question."""
    before = tokens[index - 1]
    closes = index + 1 == len(tokens) or tokens[index + 1].low in frozenset(
        ", ) } ; + : → .".split()
    )
    named = before.kind in {"word", "name"} and before.end == tokens[index].start
    listed = any(token.low in {",", "+", "{", ":"} for token in tokens[:index])
    return closes and named and listed and tokens[0].low not in _ASKING


def _glued(before: Token | None, token: Token, after: Token | None) -> bool:
    return (
        before is not None
        and before.kind == "number"
        and before.end == token.start
        and after is not None
        and after.kind == "word"
        and after.start == token.end
    )


def _emphasis(before: Token | None, token: Token, after: Token | None) -> bool:
    glued_left = before is not None and before.end == token.start
    glued_right = after is not None and after.start == token.end
    return glued_left != glued_right or (glued_left and glued_right)
