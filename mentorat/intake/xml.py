"""OLINPE XML: DECRET > INTRO, DONNEE × n, one child element a variable; read in bounded memory.

A block of records that holds nothing but elements and their text is cut at its `<` and `>` all at once, as columns; as
soon as a file holds anything else (comments, CDATA, nested elements), lxml reads it whole, record by record. Both give
the same table. Entities are never declared nor resolved, and nothing is fetched.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mentorat.intake.reading import (
    CELLS_LIMIT,
    COLUMNS_LIMIT,
    TOO_LARGE,
    Content,
    RawTable,
    Refusal,
    Refused,
    opened,
)
from mentorat.intake.text import encoding_of

BLOCK = 4_000_000  # bytes read at a time
HEAD = 16_000_000  # bytes in which the first record is looked for
RECORDS = 20_000  # records held as Python objects, then flushed to Arrow

NO_RECORD = Refusal(
    "Le fichier XML ne contient aucun enregistrement DONNEE.",
    "Déposez l'export OLINPE (schéma 2.0), ou un fichier .csv ou .xlsx pour les autres sources.",
)
MALFORMED = Refusal(
    "Le fichier XML est tronqué ou mal formé : il ne peut pas être lu jusqu'au bout, et aucune ligne n'en est gardée.",
    "Refaites l'export OLINPE, vérifiez que le transfert est complet, puis déposez-le de nouveau.",
)
DECLARES = Refusal(
    "Le fichier XML déclare un DOCTYPE ou des entités, ce qu'un export OLINPE ne fait pas.",
    "Refaites l'export OLINPE (schéma 2.0) sans DOCTYPE, puis déposez-le de nouveau.",
)

Columns = dict[str, pa.Array]
"""Text of the variables of some records, by local name, in order of first appearance."""
Outside = list[tuple[str, str]]


class Part(NamedTuple):
    """Some records: how many, and their variables."""

    records: int
    columns: Columns


def _local(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _doctype(text: str) -> bool:
    """True when a DOCTYPE stands before the first element."""
    prolog = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    root = re.search(r"<\w", prolog)
    return re.search(r"<!(DOCTYPE|ENTITY)", prolog[: root.start()] if root else prolog, re.IGNORECASE) is not None


def _beside(element: Any) -> Outside:
    """(place, text) of the attributes of an element, or of what a comment or instruction says."""
    if not isinstance(element.tag, str):
        return [("commentaire", element.text)] if element.text and element.text.strip() else []
    return [("attribut", value) for value in element.attrib.values()]


def _text_around(root: Any) -> Outside:
    """(place, text) of whatever stands outside the records."""
    found: Outside = []
    for element in root.iter():
        name = _local(element.tag)
        found += _beside(element)
        above = _local(element.getparent().tag) if element.getparent() is not None else name
        place = above if len(element) == 0 else name
        if name and element.text and element.text.strip():
            found.append((place, element.text))
        if element.tail and element.tail.strip():
            found.append((above, element.tail))
    return found


def _around_root(root: Any) -> Outside:
    """Comments and instructions before and after the document's element."""
    sides = [*root.itersiblings(preceding=True), *root.itersiblings()]
    return [told for one in sides for told in _beside(one)]


# --- whole blocks at once -------------------------------------------------------------------------


class Irregular(Exception):
    """The file holds more than elements and their text: lxml must read it."""


class Tag(NamedTuple):
    """What one way of writing a tag is."""

    name: str
    """As written, prefix included."""
    depth: int
    """What it adds: 1 opens, -1 closes, 0 is empty."""


NAMED = re.compile(r"<(/?)([^\s/<>&'\"=]+)(\s[^<>]*?)?(/?)>")
VALUE = re.compile(r"""=\s*["']([^"']*)["']""")
FIRST = re.compile(rb"<((?:[\w.-]+:)?DONNEE)[\s>]")
UNPRINTED = bytes(code for code in range(32) if code not in b"\t\n")


class Frame:
    """What surrounds the records of a document: `head` up to the first one, `closing` the end tags of what is still
    open there. Raises Irregular when lxml can't tell.
    """

    def __init__(self, head: bytes) -> None:
        from lxml import etree

        parser = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
        depth: list[str] = []
        try:
            parser.feed(head)
            events: Any = parser.read_events()
            for event, element in events:
                if event == "start":
                    depth.append(f"{element.prefix}:{_local(element.tag)}" if element.prefix else _local(element.tag))
                else:
                    depth.pop()
        except etree.XMLSyntaxError as error:
            raise Irregular from error
        self.head = head
        self.closing = "".join(f"</{name}>" for name in reversed(depth)).encode()
        self.known: dict[bytes, Tag] = {}

    def parse(self, inside: bytes, tail: bytes | None = None) -> Any:
        """The document with `inside` for all records. Raises Irregular when it is not well formed."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(self.head + inside + (self.closing if tail is None else tail), parser)
        except etree.XMLSyntaxError as error:
            raise Irregular from error

    def tag(self, written: bytes) -> Tag:
        """What a tag is; its attributes are checked, then left. Raises Irregular on anything that is no tag."""
        if written not in self.known:
            match = NAMED.fullmatch(written.decode())
            if match is None or (match[1] and (match[3] or "").strip()) or (match[1] and match[4]):
                raise Irregular
            if not match[1]:
                self.parse(written if match[4] else written + f"</{match[2]}>".encode())
            if len(self.known) > COLUMNS_LIMIT:
                raise Irregular
            self.known[written] = Tag(match[2], -1 if match[1] else 0 if match[4] else 1)
        return self.known[written]

    def unescaped(self, text: str) -> str:
        """Text with its character references read. Raises Irregular on an entity nobody declared."""
        from lxml import etree

        try:
            element = etree.fromstring(f"<t>{text}</t>".encode(), etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError as error:
            raise Irregular from error
        if len(element):
            raise Irregular
        return element.text or ""


def _cut(block: bytes) -> pa.Array:
    """The text cut at each `<` and `>`: tag, text after it, tag, text… and a last empty one. Raises Irregular."""
    if len(block.translate(None, UNPRINTED)) != len(block):
        raise Irregular
    if not block.isascii():
        if b"\xef\xbf\xbe" in block or b"\xef\xbf\xbf" in block:  # U+FFFE and U+FFFF are no XML characters
            raise Irregular
        try:
            block.decode()
        except UnicodeDecodeError as error:
            raise Irregular from error
    data = np.frombuffer(block, dtype=np.uint8)
    begins, ends = np.flatnonzero(data == ord("<")), np.flatnonzero(data == ord(">")) + 1
    tags = len(begins)
    if not tags or begins[0] or len(ends) != tags or np.any(ends <= begins) or np.any(begins[1:] < ends[:-1]):
        raise Irregular
    if np.any(np.isin(data[begins + 1], (ord("!"), ord("?")))):  # comments, CDATA, instructions
        raise Irregular
    offsets = np.empty(2 * tags + 2, dtype=np.int32)
    offsets[0 : 2 * tags : 2], offsets[1 : 2 * tags : 2], offsets[2 * tags :] = begins, ends, len(block)
    return pa.Array.from_buffers(pa.string(), 2 * tags + 1, [None, pa.py_buffer(offsets), pa.py_buffer(block)])


class Tags(NamedTuple):
    """The n tags of a block: number of the name of each, whether it is a record's, what it adds to the depth."""

    names: dict[str, int]
    ids: np.ndarray
    record: np.ndarray
    adds: np.ndarray


def _tags(segments: pa.Array, frame: Frame) -> Tags:
    """The tags of a block of records and nothing else: a record at depth 1, its variables at depth 2, nothing deeper.
    Raises Irregular.
    """
    count = len(segments) // 2
    encoded = segments.take(pa.array(np.arange(0, 2 * count, 2))).dictionary_encode()
    spoken = [frame.tag(written.encode()) for written in encoded.dictionary.to_pylist()]
    codes = encoded.indices.to_numpy()
    names = {name: number for number, name in enumerate(dict.fromkeys(tag.name for tag in spoken))}
    ids = np.array([names[tag.name] for tag in spoken], dtype=np.int16)[codes]
    record = np.array([tag.name.rpartition(":")[2] == "DONNEE" for tag in spoken])[codes]
    adds = np.array([tag.depth for tag in spoken], dtype=np.int8)[codes]
    right = np.where(record, np.where(adds == 1, 1, 0), np.where(adds == 1, 2, 1))
    if np.any(np.cumsum(adds, dtype=np.int32) != right) or np.any(record & (adds == 0)):
        raise Irregular
    ends = np.flatnonzero((adds == -1) & ~record)
    if np.any(ids[ends] != ids[ends - 1]) or len(np.unique(ids[record])) > 1:
        raise Irregular
    return Tags(names, ids, record, adds)


def _block(block: bytes, frame: Frame) -> Part:
    """The records of a block that begins with the first and ends with the last. Raises Irregular."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")  # as XML reads them
    segments = _cut(block)
    names, ids, record, adds = _tags(segments, frame)
    nothing = len(segments) - 1
    values = ~record & (adds == 1)
    between = segments.take(pa.array(2 * np.flatnonzero(~values) + 1))
    if any(text.strip(" \t\n") for text in pc.unique(between).to_pylist()):
        raise Irregular
    if b"&" in block:
        segments = _unescape(segments, 2 * np.flatnonzero(values) + 1, frame)
    rows = np.cumsum(record & (adds == 1), dtype=np.int32) - 1
    variables = np.flatnonzero((adds >= 0) & ~record)
    written, record_of = ids[variables], rows[variables]
    cells = np.where(adds[variables] == 1, 2 * variables + 1, nothing)  # an empty element has no text of its own
    columns: Columns = {}
    for name, number in names.items():
        here = np.flatnonzero(written == number)
        local = name.rpartition(":")[2]
        if not len(here):  # the record's own tag
            continue
        if local in columns or np.any(record_of[here[1:]] == record_of[here[:-1]]):  # twice in one record
            raise Irregular
        places = np.full(int(rows[-1]) + 1, nothing)
        places[record_of[here]] = cells[here]
        columns[local] = segments.take(pa.array(places))
    return Part(int(rows[-1]) + 1, columns)


def _unescape(segments: pa.Array, values: np.ndarray, frame: Frame) -> pa.Array:
    """`segments` with the character references read in those of number `values`."""
    told = pc.match_substring(segments.take(pa.array(values)), "&").to_numpy(zero_copy_only=False)
    mask = np.zeros(len(segments), dtype=bool)
    mask[values[told]] = True
    plain = [frame.unescaped(text) for text in segments.filter(pa.array(mask)).to_pylist()]
    return pc.replace_with_mask(segments, pa.array(mask), pa.array(plain, pa.string()))


def _at_once(content: Content) -> tuple[list[Part], Outside]:
    """The records read block by block. Raises Irregular."""
    parts = []
    with opened(content) as stream:
        data, first = b"", None
        while first is None and len(data) < HEAD and (piece := stream.read(BLOCK)):
            data += piece
            first = FIRST.search(data)
        if first is None:
            if len(data) >= HEAD and b"\0" not in data[:1000]:  # a whole tree of it would fill the memory
                raise Refused(NO_RECORD)
            raise Irregular
        head = data[: first.start()]
        declared = re.search(rb"""^[^<]*<\?xml[^>]*encoding\s*=\s*["']([^"']*)""", head)
        if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
            raise Irregular
        frame = Frame(head)
        last = b"</" + first[1] + b">"
        data = data[first.start() :]
        while True:
            if (at := data.rfind(last)) >= 0:
                parts.append(_block(data[: at + len(last)], frame))
                data = data[at + len(last) :]
            elif len(data) > 4 * BLOCK:
                raise Irregular
            if not (piece := stream.read(BLOCK)):
                break
            data = (data + piece).lstrip(b" \t\r\n")
    around = frame.parse(b"", data)
    if next(around.iter("{*}DONNEE"), None) is not None:  # a record cut nowhere above: none is lost
        raise Irregular
    attributes = [written.decode() for written in frame.known if b"=" in written]
    around_it = _text_around(around) + _around_root(around)
    return parts, [*around_it, *(("attribut", value) for tag in attributes for value in VALUE.findall(tag))]


# --- record by record -----------------------------------------------------------------------------


def _text(element: Any) -> str:
    """All the text in an element, that of comments and instructions left out."""
    if len(element) == 0:
        return element.text or ""
    inside = [element.text or ""]
    for child in element:
        inside += [_text(child) if isinstance(child.tag, str) else "", child.tail or ""]
    return "".join(inside)


class Flush:
    """Records as they come, as Python lists per variable, until they are made Arrow."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.done = 0  # records of the parts already made
        self.count = 0
        self.columns: dict[str, list[str]] = {}
        self.locals: dict[Any, str] = {}

    def add(self, element: Any) -> None:
        """Read one more record."""
        count = self.count
        loose = [element.text]
        for child in element:
            loose.append(child.tail)
            tag = child.tag
            if not isinstance(tag, str):
                continue
            text = _text(child) if len(child) else child.text or ""
            name = self.locals.get(tag) or self.locals.setdefault(tag, _local(tag))
            column = self.columns.get(name)
            if column is None:
                if len(self.columns) == COLUMNS_LIMIT:
                    raise Refused(TOO_LARGE)
                column = self.columns[name] = []
            if len(column) > count:  # the element twice in one record: both are seen
                column[count] += f" {text}"
                continue
            if len(column) < count:
                column.extend([""] * (count - len(column)))
            column.append(text)
        self.count += 1
        for one in element.iter():
            if one.attrib or not isinstance(one.tag, str):
                self.outside += _beside(one)
        if any(loose) and (told := [text for text in loose if text and not text.isspace()]):
            self.outside += [(f"enregistrement {self.done + self.count}", text) for text in told]

    def part(self) -> Part:
        """The records read since the last part."""
        for column in self.columns.values():
            column.extend([""] * (self.count - len(column)))
        made = Part(self.count, {name: pa.array(cells, pa.string()) for name, cells in self.columns.items()})
        self.done, self.count, self.columns = self.done + self.count, 0, {}
        return made


def _one_by_one(content: Content) -> tuple[list[Part], Outside]:
    """The records read by lxml. Raises Refused on a DOCTYPE, lxml.etree.XMLSyntaxError on a malformed document."""
    from lxml import etree

    parts: list[Part] = []
    outside: Outside = []
    flush = Flush(outside)
    source: Any = io.BytesIO(content) if isinstance(content, bytes) else str(content)
    events: Iterator[tuple[str, Any]] = etree.iterparse(
        source, events=("end",), tag="{*}DONNEE", resolve_entities=False, no_network=True, load_dtd=False
    )
    for _, element in events:
        if not parts and not flush.count and element.getroottree().docinfo.internalDTD is not None:
            raise Refused(DECLARES)
        flush.add(element)
        if flush.count == RECORDS:
            parts.append(flush.part())
        above = element.getparent()
        tail, element.tail = element.tail, None
        element.clear()
        if above is None:
            continue
        if tail and tail.strip():
            outside.append((_local(above.tag), tail))
        while element.getprevious() is not None:
            before = above[0]
            if _local(before.tag) != "DONNEE":
                outside += _text_around(before)
            del above[0]
    root = events.root  # type: ignore[attr-defined]
    if root is not None:
        for element in root.iter("{*}DONNEE"):
            element.clear()
        outside += _text_around(root) + _around_root(root)
    return [*parts, flush.part()], outside


# --- the file -------------------------------------------------------------------------------------


def _joined(parts: list[Part], outside: Outside) -> RawTable:
    headers = list(dict.fromkeys(name for part in parts for name in part.columns))
    count = sum(part.records for part in parts)
    if len(headers) > COLUMNS_LIMIT or count * len(headers) > CELLS_LIMIT:
        raise Refused(TOO_LARGE)
    columns = []
    for name in headers:
        chunks = [
            part.columns[name] if name in part.columns else pa.array([""] * part.records, pa.string()) for part in parts
        ]
        columns.append(pa.chunked_array(chunks, pa.string()))
    return RawTable(headers, columns, np.arange(1, count + 1), outside=outside)


def read_xml(content: Content, at_once: bool = True) -> RawTable:
    """The table of an OLINPE file: one row per DONNEE, numbered from 1, one column per variable by local name. What
    stands around the records goes `outside`. `at_once` False reads record by record (same table).

    Raises Refused on a DOCTYPE, a file without records, or one that is not well formed to its end.
    """
    from lxml import etree

    with opened(content) as stream:
        head = stream.read(65_536)
    if _doctype(head.decode(encoding_of(head) or "utf-8", errors="ignore")):
        raise Refused(DECLARES)
    try:
        parts, outside = _at_once(content) if at_once else _one_by_one(content)
    except Irregular:
        return read_xml(content, at_once=False)
    except etree.XMLSyntaxError as error:
        raise Refused(MALFORMED) from error
    if not any(part.records for part in parts):
        raise Refused(NO_RECORD)
    return _joined(parts, outside)
