"""A document, taken apart into numbered statements."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quantumlayer.agents import Requirement
from quantumlayer.offline.reading.text._sentences import sentences
from quantumlayer.offline.reading.text._words import is_plural

__all__ = ["Statements", "take_apart"]

Kind = Literal["sentence", "item", "row", "example"]

_MARKER = re.compile(
    r"""^(?:
        \(?(?:[a-z]|[ivx]{1,4}|\d{1,2}(?:\.\d{1,2})*)[.)]   # a.  iv)  (b)  3.1)
        | \d{1,2}(?:\.\d{1,2})+
        | [•·–—‣◦▪*+-]
        | \[[ xX]\]                                         # a box to tick
    )\s+(?=\S)""",
    re.VERBOSE,
)
_LABEL = re.compile(
    r"^(?:\*\*|__|\[)?[A-Z]{1,5}[-_ ]?\d{1,4}(?:\.\d{1,3})*(?:[.:)\]]|\*\*|__| -| –| —)+\s+(?=\S)"
)
_LABEL_WORD = re.compile(
    r"^(?:\*\*)?(?:Requirement|Req|Feature|Rule|Point|Story|Need|Wish)\.?\s+#?\d{1,4}(?:\.\d{1,3})*\s*(?:[.:)\]]|-|–|—)+(?:\*\*)?\s+(?=\S)"
)
_COLUMN = re.compile(r"^(?P<name>`?[A-Za-z_][\w.]{0,39}`?)(?:\s{2,}|\t+)(?P<rest>[^\s=|–—-].*)$")
_METHODS_AND_PATH = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE)\b[^.]*\s/\w")
_ROUTE = re.compile(r"^`?(?:GET|POST|PUT|PATCH|DELETE)\s+/")
_QUESTION = re.compile(
    r"^(?:\*\*|__)?Q(?:uestion)?\s?\d*\s*[:.)](?:\*\*|__)?\s+(?P<text>.+)$", re.IGNORECASE
)
_ANSWER = re.compile(r"^(?:\*\*|__)?A(?:nswer)?\s?\d*\s*[:.)](?:\*\*|__)?\s+(?=\S)", re.IGNORECASE)
_BOLD_LINE = re.compile(
    r"^(\*\*|__)(?P<text>[^*_].*?)(?:\1)"
    r"(?P<path>\s*[-–—:,]?\s*\(?`?/[^\s()`]+`?\)?)?\s*:?$"  # **Animal** (`/animals`)
)
_ASKED_LINE = re.compile(r"^(\*|_)(?P<text>[^*_]+\?)\1(?P<path>)$")
_RECORD = re.compile(
    r"(?P<label>`?[A-Z][\w-]*(?: [\w-]+)?`?)[ :]*(?P<members>(?:\n\s+(?:- )?`?\w+\??`?\s*:\s+\S.*){2,})"
)
"""A name, and below it, indented, one member on each line: `serial: string`."""
_LABELLED = re.compile(
    r"[A-Z][\w-]*(?: [\w-]+)?: +\S|(?:Given|When|Then|And|But) (?:I|it|they|a|an|the)\b"
)
_IS_HEADING = re.compile(r"[A-Z][\w'-]*(?: [\w'-]+){0,2}:?")
_LONGEST_TITLE = 90
_DEEPEST = 100


@dataclass(slots=True)
class Statements:
    """What a document says, statement by statement."""

    title: str
    items: list[Requirement]


@dataclass(slots=True)
class _Taker:
    """Collects statements while it walks over the blocks."""

    items: list[Requirement] = field(default_factory=list)
    title: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)

    def add(
        self, text: str, kind: Kind, parent: str | None, cells: dict[str, str] | None = None
    ) -> str:
        section = " > ".join(title for _, title in self.headings)
        name = f"R{len(self.items) + 1}"
        self.items.append(
            Requirement(
                id=name, text=text, kind=kind, section=section, parent=parent, cells=cells or {}
            )
        )
        return name

    def head(self, level: int, text: str) -> None:
        text = text.strip().strip("#").strip()
        first = not self.title and not self.items and not self.headings
        if first and level == 1:
            self.title = text
            return
        self.close(level)
        self.headings.append((level, text))

    def close(self, level: int) -> None:
        """Leave the sections of this level and below."""
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()


def take_apart(text: str) -> Statements:
    """Number every sentence, list item, table row and example of a document, in its order."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    parser.enable("table").disable(["code", "html_block", "inline", "reference"])
    source = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ").lstrip("\ufeff")
    subject, source = _without_mail_headers(source)
    source = _with_headings(_with_brackets_closed(source))
    lines = source.split("\n")
    taker = _Taker(title=subject)
    blocks = _tree(parser.parse(source))
    if _titles(blocks):
        taker.title = blocks[0].text.strip().strip("*_").strip()
        blocks = blocks[1:]
    _walk(taker, blocks, lines, None, in_list=False)
    if not taker.items:
        taker.add(taker.title or text.strip() or "(nothing)", "sentence", None)
    return Statements(taker.title, taker.items)


_MAIL_HEADER = re.compile(r"(From|To|Cc|Date|Sent|Subject|Re|Fwd): *(.*)\n", re.IGNORECASE)


def _without_mail_headers(text: str) -> tuple[str, str]:
    """Take off the headers of a pasted e-mail; its subject is the title."""
    subject, rest = "", text.lstrip("\n")
    while header := _MAIL_HEADER.match(rest):
        if header[1].lower() in {"subject", "re"} and not subject:
            subject = header[2].strip()
        rest = rest[header.end() :]
    return (subject, rest) if rest.strip() and rest != text else ("", text)


def _with_brackets_closed(text: str) -> str:
    """Join lines that only look like items to the line before: `(at least` goes on with `1) and …`."""
    lines: list[str] = []
    opened = 0
    for line in text.split("\n"):
        if opened > 0 and _MARKER.match(line.strip()):
            lines[-1] += f" {line.strip()}"
        else:
            opened = opened if line.strip() and lines and lines[-1].strip() else 0
            lines.append(line)
        opened += line.count("(") - line.count(")")
    return "\n".join(lines)


_SET_OUT = re.compile(
    r"(?:(?<=\n\n)|\A)(?P<line>[A-Z][\w&-]*(?: [\w&-]+){0,3}):?\n(?=[ \t]{2,}\S)(?P<body>(?:[ \t]+\S.*(?:\n|\Z))+)"
)


def _with_headings(text: str) -> str:
    """Mark short lines as headings below which everything is set in, where there are several of them."""
    if len(_SET_OUT.findall(text)) < 2:
        return text
    return _SET_OUT.sub(
        lambda found: found[0] if _RECORD.fullmatch(found[0].strip()) else _headed(found), text
    )


def _headed(found: re.Match[str]) -> str:
    return f"## {found['line']}\n\n{textwrap.dedent(found['body'])}"


# --- blocks --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """A block with what is inside it."""

    kind: str
    text: str = ""
    level: int = 0
    lines: tuple[int, int] = (0, 0)
    inner: list[_Block] = field(default_factory=list)


def _tree(tokens: Sequence[Token]) -> list[_Block]:
    """Nest markdown-it's flat tokens."""
    root = _Block("root")
    stack = [root]
    for token in tokens:
        where = (token.map[0], token.map[1]) if token.map else (0, 0)
        if token.nesting == 1:
            level = int(token.tag[1]) if token.type == "heading_open" else 0
            block = _Block(token.type.removesuffix("_open"), "", level, where)
            stack[-1].inner.append(block)
            stack.append(block)
        elif token.nesting == -1:
            stack.pop()
        elif token.type == "inline":
            stack[-1].text = token.content
        elif token.type == "fence":
            stack[-1].inner.append(_Block("fence", token.content, 0, where))
    return root.inner


def _titles(blocks: Sequence[_Block]) -> bool:
    """Tell whether the first paragraph is a title rather than a sentence."""
    if len(blocks) < 2 or blocks[0].kind != "paragraph":
        return False
    text = blocks[0].text.strip()
    return (
        "\n" not in text
        and len(text) <= _LONGEST_TITLE
        and not text.endswith((".", "!", "?", ",", ":", ";"))
        and not _ROUTE.match(text)
        and not _METHODS_AND_PATH.search(text)
        and not text.startswith(("{", "|"))
    )


# --- walking -------------------------------------------------------------------------------------


def _walk(
    taker: _Taker,
    blocks: Sequence[_Block],
    lines: Sequence[str],
    parent: str | None,
    *,
    in_list: bool,
) -> str | None:
    """Take the statements out of some blocks; return the id of the last one."""
    last = parent
    for block in blocks:
        match block.kind:
            case "heading":
                taker.head(block.level, block.text)
                last = parent
            case "paragraph":
                above = list(taker.headings)
                newest = _paragraph(taker, block.text, parent, last, in_list=in_list)
                headed = taker.headings[-1:] != above[-1:]  # a line in bold
                last = newest or (parent if headed else last)
            case "bullet_list" | "ordered_list":
                for item in block.inner:
                    above = list(taker.headings)
                    _walk(taker, item.inner, lines, last, in_list=True)
                    taker.headings = above
            case "fence":
                if block.text.strip():
                    taker.add(block.text.rstrip("\n"), "example", last)
            case "table":
                _table(taker, block, lines, last)
            case _:
                last = _walk(taker, block.inner, lines, last, in_list=in_list)
    return last


def _paragraph(
    taker: _Taker, text: str, parent: str | None, last: str | None, *, in_list: bool
) -> str | None:
    if _is_json(text):
        taker.add(text, "example", last)
        return last
    introduced = parent if in_list else None
    newest: str | None = None
    if not in_list and (record := _RECORD.fullmatch(text)):
        taker.close(_LABEL_LEVEL)
        taker.head(_LABEL_LEVEL, record["label"])
        for line in record["members"].strip().split("\n"):
            newest = taker.add(_MARKER.sub("", line.strip()), "item", None)
        return newest
    pieces = list(_pieces(text))
    if in_list and len(pieces) > 1 and pieces[1][1] and _IS_HEADING.fullmatch(pieces[0][0]):
        taker.head(_LABEL_LEVEL, pieces.pop(0)[0])  # 1. Agents 1.1 An agent has …
    for joined, marked in pieces:
        piece = joined
        bold = _BOLD_LINE.match(piece) or _ASKED_LINE.match(piece)
        asked = _QUESTION.match(piece)
        if asked or (bold and not in_list and not marked):
            found = asked or bold
            title = found["text"].strip("*_ ").rstrip(":") if found else ""
            taker.head(7, f"{title}{(bold['path'] or '') if bold else ''}")
            continue
        piece = _ANSWER.sub("", piece)
        above = newest if marked and newest is not None and not in_list else introduced
        kind: Kind = "item" if in_list or marked else "sentence"
        if not in_list and not marked:
            taker.close(_LABEL_LEVEL)
        said = list(sentences(piece))
        if len(said) > 1 and _is_topic(said[0]):
            taker.head(_LABEL_LEVEL, said.pop(0).strip("*_. "))
        for sentence in said:
            name = taker.add(sentence, kind, above)
            if not marked:
                newest = name
        if in_list and not marked:
            introduced = newest
    return newest


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Join wrapped lines; lines that begin like a list item or a route stand for themselves."""
    lines = [line.strip() for line in text.split("\n")]
    routes = sum(1 for line in lines if _ROUTE.match(line))
    piece: list[str] = []
    marked = False
    columns = len(lines) > 1 and sum(1 for line in lines if _COLUMN.match(line)) > 1
    for line in lines:
        column = _COLUMN.match(_MARKER.sub("", line))
        if column and (columns or len(lines) == 1):
            if piece:
                yield " ".join(piece), marked
                piece = []
            yield f"{column['name']}: {column['rest']}", columns
            marked = False
            continue
        marker = None if _ANSWER.match(line) else _MARKER.match(line) or _LABEL_WORD.match(line)
        bold = bool(_BOLD_LINE.match(line) or _ASKED_LINE.match(line) or _QUESTION.match(line))
        answer = bool(_ANSWER.match(line))
        route = routes > 1 and bool(_ROUTE.match(line))
        if (marker or bold or answer or route or (piece and _stands_alone(piece, line))) and piece:
            yield " ".join(piece), marked
            piece = []
        if marker or bold or route:
            marked = bool(marker) or (route and not bold)
        if bold and not marker:
            yield line, False
            marked = False
            continue
        piece.append(line[marker.end() :] if marker else line)
        if len(piece) == 1:
            piece[0] = _LABEL_WORD.sub("", _LABEL.sub("", piece[0]))
    if piece:
        yield " ".join(piece), marked


_LABEL_LEVEL = 9
_NO_TOPICS = frozenset("thanks regards cheers greetings always besides sometimes yes this".split())


def _is_topic(sentence: str) -> bool:
    """`Plots.` before what is said about them."""
    words = re.findall(r"[\w-]+", sentence.lower())
    plain = re.fullmatch(r"(\*\*|__)?[A-Z][\w -]*\.?(\*\*|__)?\.?", sentence) is not None
    return plain and 1 <= len(words) <= 2 and is_plural(words[-1]) and words[-1] not in _NO_TOPICS


_SHORT_LINE = 45


def _stands_alone(piece: Sequence[str], following: str) -> bool:
    """A short line without an end, before one that begins anew, was not wrapped but broken.

    So was one that has a label, before another.
    """
    line = piece[-1]
    return bool(_LABELLED.match(piece[0]) and _LABELLED.match(following)) or (
        len(line) < _SHORT_LINE
        and not line.endswith((",", ";", "-", "(", "/"))
        and not following[:1].islower()
        and line.rsplit(" ", 1)[-1].lower() not in _HANGING
    )


_HANGING = frozenset(
    {"a", "an", "the", "of", "and", "or", "to", "with", "for", "in", "by", "at", "is"}
)


def _is_json(text: str) -> bool:
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return False
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        return False
    return True


def _table(taker: _Taker, table: _Block, lines: Sequence[str], parent: str | None) -> None:
    headings: list[str] = []
    for part in table.inner:
        for row in part.inner:
            cells = [cell.text.strip() for cell in row.inner]
            if part.kind == "thead":
                headings = [cell or f"column {index}" for index, cell in enumerate(cells, 1)]
                continue
            source = " ".join(lines[row.lines[0] : row.lines[0] + 1]).strip()
            text = source or " | ".join(cells)
            if text.strip("| "):
                named = zip(headings, cells, strict=False)
                taker.add(text, "row", parent, dict(named))
