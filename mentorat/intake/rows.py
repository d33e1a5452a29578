"""The counting rules: which rows are accepted, which are set aside and why, which repeat another.

All the files of one source are normalised together (a distinct cell is parsed once for all), then judged file by
file. Always, for each file: recues = acceptees + ecartees + doublons_exacts.

Inside, a column is its distinct contents and one int32 code a row: rows are compared by their codes, and text is
only made again at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mentorat import reference
from mentorat.contracts.sources import ARROW_TYPES, Column, Contract
from mentorat.intake.normalisation import collectivites_meant, parse_distinct

FILE, LINE, ROW = "_fichier", "_ligne", "_rang"


@dataclass(frozen=True)
class FaultWords:
    """What the sender reads: what is wrong and how to mend it. `{nom}` is the column, `{aide}` what is
    expected.
    """

    motif: str
    remede: str


WORDS: dict[str, FaultWords] = {
    "cle_manquante": FaultWords(
        "La colonne « {nom} » est vide, or elle sert à reconnaître la ligne.", "Renseignez « {nom} »."
    ),
    "code_inconnu": FaultWords(
        "La valeur de la colonne « {nom} » n'est pas un code connu.", "Valeurs attendues : {aide}."
    ),
    "date_illisible": FaultWords(
        "La date de la colonne « {nom} » est illisible ou impossible.", "Écrivez-la AAAA-MM-JJ ou JJ/MM/AAAA."
    ),
    "mois_illisible": FaultWords(
        "Le mois de la colonne « {nom} » est illisible ou impossible.", "Écrivez-le AAAA-MM ou MM/AAAA."
    ),
    "nombre_illisible": FaultWords(
        "Le nombre de la colonne « {nom} » est illisible.", "Écrivez-le en chiffres, par exemple 1234,5."
    ),
    "hors_bornes": FaultWords("Le nombre de la colonne « {nom} » est hors des bornes.", "Bornes attendues : {aide}."),
    "pseudonyme_malforme": FaultWords(
        "Le pseudonyme de la colonne « {nom} » est mal formé.",
        "Il compte {aide} caractères hexadécimaux ; recalculez-le avec « mentorat pseudonymiser ».",
    ),
    "territoire_ambigu": FaultWords(
        "Le territoire de la colonne « {nom} » ne peut pas être placé : 20 et 69 en désignent chacun deux.",
        "Écrivez 2A ou 2B, 69D (Rhône) ou 69M (Métropole de Lyon).",
    ),
    "cle_en_conflit": FaultWords(
        "Plusieurs lignes portent la même clé ({aide}) avec des contenus différents.",
        "Ne gardez que la ligne juste, ou corrigez la clé des autres.",
    ),
    "hors_campagne": FaultWords(
        "La ligne n'appartient pas à la campagne {aide}.",
        "Vérifiez {nom}, ou déposez la ligne dans sa campagne.",
    ),
}


@dataclass(frozen=True)
class Origin:
    """Where n rows come from: the number of the file of each, its line there, and the territory code of the
    sender of each file (None for others).
    """

    files: np.ndarray
    lines: np.ndarray
    senders: Sequence[str | None]


@dataclass
class Judged:
    """Rows of one source, all files together.

    `frame`: canonical text (n rows: the contract's columns, `_fichier`, `_ligne`), what a column holds by default
    filled in; `acceptee`, `doublon`: n booleans, `ecartee` is what remains; `faults`: one row a fault (`_fichier`,
    `_ligne`, `_rang` the row's position in the table judged, colonne, regle, motif, remede), in the order of files
    and lines.
    """

    frame: pd.DataFrame
    acceptee: np.ndarray
    doublon: np.ndarray
    faults: pd.DataFrame

    @property
    def ecartee(self) -> np.ndarray:
        """Rows set aside: neither accepted nor an exact duplicate."""
        aside: np.ndarray = ~(self.acceptee | self.doublon)
        return aside


FAULT_COLUMNS = [FILE, LINE, ROW, "colonne", "regle", "motif", "remede"]


def help_for(column: Column) -> str:
    """What is expected in a column, in a few French words."""
    if column.codes:
        return ", ".join(column.codes)
    if column.bornes:
        return " à ".join(f"{bound:g}" for bound in column.bornes)
    if column.type == "booleen":
        return "oui, non"
    if column.type == "departement":
        return "un département (01 à 95, 2A, 2B, 69D, 69M, 971 à 974, 976)"
    return str(column.longueur or "")


# --- columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coded:
    """One column of n rows.

    `contents`: distinct contents as canonical text, null where one can't be read (two unreadable cells have one content
    when they are written the same); `codes`: n int32 positions in `contents`, -1 where nothing is known; `broken`: by
    rule, which contents break it.
    """

    contents: pa.Array
    codes: np.ndarray
    broken: dict[str, np.ndarray]

    def spread(self, by_value: np.ndarray, unknown: object) -> np.ndarray:
        """One value a row (n) from one value a content."""
        spread: np.ndarray = np.append(by_value, np.array([unknown], dtype=by_value.dtype))[self.codes]
        return spread

    def holds(self, words: Iterable[str]) -> np.ndarray:
        """True for the rows whose canonical text is one of `words` (n booleans)."""
        return self.spread(_booleans(pc.is_in(self.contents, pa.array(list(words), pa.string()))), False)

    def text(self) -> pa.Array:
        """Canonical text (n strings, null where unknown or unreadable)."""
        return self.contents.take(pa.array(self.codes, mask=self.codes < 0))

    def unreadable(self) -> np.ndarray:
        """True for the rows that hold something that can't be read (n booleans)."""
        return self.spread(_booleans(self.contents.is_null()), False)

    def known(self) -> np.ndarray:
        """True for the rows that hold a readable value (n booleans)."""
        return self.spread(_booleans(self.contents.is_valid()), False)


def _booleans(array: pa.Array) -> np.ndarray:
    mask: np.ndarray = array.to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _distinct(cells: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """(distinct cells, int32 position of each of the n cells among them, -1 for null)."""
    encoded = cells.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.cast(pa.string()), indices.astype(np.int32, copy=False)


def _own_place(distinct: pa.Array, codes: np.ndarray, origin: Origin) -> tuple[np.ndarray, list[str]]:
    """(codes, collectivités that they number beyond `distinct`): 69, the old Rhône as a whole, and 20, Corsica, become
    the sender's own collectivité in the files of one that they may stand for.
    """
    meant = [collectivites_meant(cell or "") for cell in distinct.to_pylist()]
    owners = sorted({code for codes_meant in meant for code in codes_meant})
    for place, owner in enumerate(owners, start=len(distinct)):
        rows = np.array([*(owner in codes_meant for codes_meant in meant), *[False] * len(owners), False])[codes]
        own = np.array([sender == owner for sender in origin.senders], dtype=bool)
        codes = np.where(rows & own[origin.files], np.int32(place), codes)
    return codes, owners


def _ticked(distinct: pa.Array, codes: np.ndarray, origin: Origin) -> tuple[pa.Array, np.ndarray]:
    """A column of x and blanks says « non » by a blank: in a file where nothing else is written, blanks become
    « non ».
    """
    words = [(cell or "").strip().casefold() for cell in distinct.to_pylist()]
    tick = np.array([*(word == "x" for word in words), False])[codes]
    blank = np.array([*(word == "" for word in words), False])[codes]
    files = len(origin.senders)
    ticks = np.bincount(origin.files[tick], minlength=files) > 0
    others = np.bincount(origin.files[~tick & ~blank & (codes >= 0)], minlength=files) > 0
    no = blank & (ticks & ~others)[origin.files]
    return pa.concat_arrays([distinct, pa.array(["non"], pa.string())]), np.where(no, np.int32(len(distinct)), codes)


def _coded(cells: pa.Array | pa.ChunkedArray, column: Column, olinpe: bool, origin: Origin) -> Coded:
    distinct, codes = _distinct(cells)
    own: list[str] = []
    if column.type == "departement":
        codes, own = _own_place(distinct, codes, origin)
    elif column.type == "booleen":
        distinct, codes = _ticked(distinct, codes, origin)
    canonical, faults = parse_distinct(distinct, column, olinpe)
    if own:
        canonical, distinct = (pa.concat_arrays([cells, pa.array(own, pa.string())]) for cells in (canonical, distinct))
        faults += [None] * len(own)
    kinds = sorted({fault for fault in faults if fault})
    fault = np.array([kinds.index(rule) if rule else -1 for rule in faults], dtype=np.int32) if kinds else None
    # one content a canonical text, one a way of writing what can't be read
    contents = canonical
    if fault is not None:
        marked = pc.binary_join_element_wise("!", distinct, "")
        contents = pc.if_else(pa.array(fault >= 0), marked, pc.binary_join_element_wise("=", canonical, ""))
    values, content = _distinct(contents)
    broken: dict[str, np.ndarray] = {}
    if fault is not None:
        readable = pc.starts_with(values, "=")
        values = pc.if_else(readable, pc.utf8_slice_codeunits(values, 1), pa.scalar(None, pa.string()))
        for kind, rule in enumerate(kinds):
            broken[rule] = np.zeros(len(values), dtype=bool)
            broken[rule][content[fault == kind]] = True
    return _by_default(Coded(values, np.append(content, np.int32(-1))[codes], broken), column)


def _by_default(coded: Coded, column: Column) -> Coded:
    """What is not written takes the column's default: a row that writes it and a row that leaves it are equal."""
    if column.defaut is None:
        return coded
    values = pa.concat_arrays([coded.contents, pa.array([column.defaut], pa.string())])
    place = pc.index(values, column.defaut).as_py()
    codes = np.where(coded.codes < 0, np.int32(place), coded.codes)
    return Coded(values, codes, {rule: np.append(mask, False) for rule, mask in coded.broken.items()})


def _together(columns: Iterable[np.ndarray], n: int) -> np.ndarray:
    """n int64 numbers, equal for two rows when all their codes (each at least -1) are: exact, no hashing."""
    whole, size = np.zeros(n, dtype=np.int64), 1
    for codes in columns:
        width = int(codes.max(initial=-1)) + 2
        if size * width >= 2**62:
            whole, uniques = pd.factorize(whole)
            size = len(uniques)
        whole = whole * width + (codes + 1)
        size *= width
    return whole


# --- faults ---------------------------------------------------------------------------------------


class _Faults:
    """Faults gathered as masks, told to the sender once all are known."""

    def __init__(self, n: int) -> None:
        self.any = np.zeros(n, dtype=bool)
        self.told: list[tuple[np.ndarray, str, str, FaultWords]] = []

    def add(self, mask: np.ndarray, column: str, rule: str, words: FaultWords) -> None:
        if mask.any():
            self.any |= mask
            self.told.append((np.flatnonzero(mask), column, rule, words))

    def frame(self, origin: Origin, reported: np.ndarray) -> pd.DataFrame:
        """One row a fault of the rows in `reported` (an exact duplicate is not told twice)."""
        told = sorted(self.told, key=lambda fault: (fault[1], fault[2]))
        kept = [positions[reported[positions]] for positions, *_ in told]
        rows = np.concatenate([*kept, np.zeros(0, dtype=np.int64)]).astype(np.int64)
        kind = np.repeat(np.arange(len(told)), [len(positions) for positions in kept]).astype(np.int64)
        order = np.lexsort((kind, origin.lines[rows], origin.files[rows]))
        rows, kind = rows[order], pa.array(kind[order])
        words: dict[str, list[str]] = {
            "colonne": [column for _, column, _, _ in told],
            "regle": [rule for _, _, rule, _ in told],
            "motif": [spoken.motif for *_, spoken in told],
            "remede": [spoken.remede for *_, spoken in told],
        }
        table = pa.table(
            {FILE: origin.files[rows], LINE: origin.lines[rows], ROW: rows}
            | {name: pa.array(texts, pa.string()).take(kind) for name, texts in words.items()}
        )
        frame: pd.DataFrame = table.select(FAULT_COLUMNS).to_pandas()
        return frame


def _worded(rule: str, column: str, aide: str) -> FaultWords:
    words = WORDS[rule]
    return FaultWords(words.motif.format(nom=column, aide=aide), words.remede.format(nom=column, aide=aide))


# --- dates ----------------------------------------------------------------------------------------


def _days(column: Column, coded: Coded) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of each row's value (n float64, NaN where unknown): a date is AAAAMMJJ, a month runs from its 01 to its
    31, a number is itself.
    """
    texts = coded.contents.to_pylist()
    if column.type == "date":
        low = high = [float(text.replace("-", "")) if text else np.nan for text in texts]
    elif column.type == "mois":
        low = [float(text.replace("-", "") + "01") if text else np.nan for text in texts]
        high = [bound + 30 for bound in low]
    else:
        low = high = [float(text) if text else np.nan for text in texts]
    bounds = [coded.spread(np.array(bound, dtype=np.float64), np.nan) for bound in (low, high)]
    return bounds[0], bounds[1]


def _out_of_order(columns: dict[str, Coded], contract: Contract, names: Sequence[str], n: int) -> np.ndarray:
    """True where a known value comes before one that should precede it (n booleans). A month is before a day of it,
    and after: only what is surely contradictory is.
    """
    broken = np.zeros(n, dtype=bool)
    reached = np.full(n, np.nan)
    for name in names:
        low, high = _days(contract.colonne(name), columns[name])
        broken |= high < reached
        reached = np.fmax(reached, low)
    return broken


def _outside_campagne(
    columns: dict[str, Coded], contract: Contract, campagne: int, n: int
) -> list[tuple[np.ndarray, str]]:
    """The rows that the contract's `rattachement` does not bring to the campagne: n booleans for each column (or
    columns, joined) that says so.

    A row of `histoire` or of a `stock` of several dates without any known date can't be shown to be elsewhere: it
    stays. A pair without a start nor an end (`stock` of one date), an event without a date, a year unknown belong
    nowhere. A date that can't be read, or a key without which the row is set aside anyway, says nothing of the
    campagne.
    """
    rule = contract.rattachement
    first, last = campagne * 10_000 + 101, campagne * 10_000 + 1231

    def day(name: str) -> np.ndarray:
        return _days(contract.colonne(name), columns[name])[0]

    def told(names: Sequence[str]) -> np.ndarray:
        faulty = np.zeros(n, dtype=bool)
        for name in names:
            faulty |= columns[name].unreadable()
            if name in contract.cle_obligatoire:
                faulty |= columns[name].codes < 0
        return faulty

    if rule.type == "annee" and rule.annee:
        return [(~columns[rule.annee].holds([str(campagne)]) & ~told([rule.annee]), rule.annee)]
    if rule.type in ("evenement", "histoire"):
        outside = []
        unknown = ~told(rule.dates)
        for name in rule.dates:  # the first known, among those that count for the row
            when = day(name)
            if condition := rule.si.get(name):
                when = np.where(columns[condition.colonne].holds(condition.valeurs), when, np.nan)
            early = when < first if rule.type == "evenement" else False
            outside.append((unknown & (early | (when > last)), name))
            unknown &= np.isnan(when)
        if rule.type == "evenement":
            outside.append((unknown, ", ".join(rule.dates)))
        return outside
    if rule.type == "stock":
        begun, by = np.full(n, np.nan), np.zeros(n, dtype=np.int32)
        for place, name in enumerate(rule.debut):
            when = day(name)
            by[(when < begun) | (np.isnan(begun) & ~np.isnan(when))] = place
            begun = np.fmin(begun, when)
        late = begun > last
        if len(rule.debut) == 1:  # no start: its end alone can say that it was open in the campagne
            late |= np.isnan(begun) & (np.isnan(day(rule.fin)) if rule.fin else True)
        late &= ~told(rule.debut)
        outside = [(late & (by == place), name) for place, name in enumerate(rule.debut)]
        if rule.fin:
            outside.append((~late & (day(rule.fin) < first), rule.fin))
        return outside
    return []


# --- rows -----------------------------------------------------------------------------------------


def judge(contract: Contract, cells: pa.Table, origin: Origin, campagne: int | None) -> Judged:
    """Judge the rows of one source.

    `cells`: raw text, one column per canonical column found (n rows; null where a file lacks the column).
    `campagne` None: to which campagne a row belongs is not judged.
    """
    n = cells.num_rows
    faults = _Faults(n)
    columns: dict[str, Coded] = {}
    for column in contract.colonnes:
        if column.nom in cells.column_names:
            coded = _coded(cells[column.nom], column, contract.olinpe, origin)
        else:
            nothing = Coded(pa.array([], pa.string()), np.full(n, -1, dtype=np.int32), {})
            coded = _by_default(nothing, column)
        columns[column.nom] = coded
        wrong = [(rule, coded.spread(by_value, False)) for rule, by_value in coded.broken.items()]
        if column.nom in contract.cle_obligatoire:
            wrong.append(("cle_manquante", coded.codes < 0))
        for rule, mask in wrong:
            faults.add(mask, column.nom, rule, _worded(rule, column.nom, help_for(column)))
    for spoken in contract.regles:
        broken = _out_of_order(columns, contract, spoken.ordre, n)
        faults.add(broken, ", ".join(spoken.colonnes), spoken.id, FaultWords(spoken.motif, spoken.remede))
    if campagne is not None:
        for outside, name in _outside_campagne(columns, contract, campagne, n):
            faults.add(outside, name, "hors_campagne", _worded("hors_campagne", name, str(campagne)))
    whole = _together([origin.files, *(coded.codes for coded in columns.values())], n)
    duplicate = pd.Series(whole).duplicated().to_numpy()
    contenders = ~duplicate
    for name in contract.cle_obligatoire:
        contenders &= columns[name].known()
    rows = np.flatnonzero(contenders)
    keys = _together([origin.files[rows], *(columns[name].codes[rows] for name in contract.cle)], len(rows))
    conflict = np.zeros(n, dtype=bool)
    conflict[rows[pd.Series(keys).duplicated(keep=False).to_numpy()]] = True
    key = ", ".join(contract.cle)
    faults.add(conflict, key, "cle_en_conflit", _worded("cle_en_conflit", key, key))
    frame = pa.table({name: columns.pop(name).text() for name in contract.noms}).to_pandas()
    frame[FILE], frame[LINE] = origin.files, origin.lines
    return Judged(frame, ~duplicate & ~faults.any, duplicate, faults.frame(origin, ~duplicate))


@cache
def _collectivites() -> dict[str, str]:
    """Territory → collectivité in charge."""
    table = reference.load("territoires")
    return dict(zip(table["territoire"], table["collectivite"], strict=True))


def foreign_rows(judged: Judged, contract: Contract, senders: Sequence[str | None]) -> dict[int, int]:
    """File number → number of its accepted rows placed in a territory that is not its sender's, where there is any.

    `senders`: the collectivité code of the sender of each file, None for the other senders, whose rows may be
    anywhere. Such rows are not set aside: the sender is told.
    """
    charge = _collectivites()
    known = {*charge, *charge.values()}
    found: dict[int, int] = {}
    for column in contract.colonnes:
        if column.type != "departement":
            continue
        rows = judged.frame.loc[judged.acceptee, [FILE, column.nom]].dropna()
        counts = rows.value_counts().reset_index(name="lignes")
        for file, territory, count in zip(counts[FILE], counts[column.nom], counts["lignes"], strict=True):
            sender = senders[int(file)]
            if sender in known and sender not in (territory, charge.get(territory, territory)):
                found[int(file)] = found.get(int(file), 0) + int(count)
    return found


def replaced(frame: pd.DataFrame, contract: Contract, emetteurs: Sequence[str], ranks: Sequence[int]) -> pd.Series:
    """For each accepted row, the file that replaces it (Int64, null when it stays).

    `frame` holds the accepted rows; `emetteurs` and `ranks` (order of reception) are by file. The later file
    of a sender wins; a row is replaced once, by the next file that holds its key.
    """
    files = frame[FILE].to_numpy(dtype=np.int64)
    sender = pd.factorize(np.asarray(emetteurs, dtype=object))[0]
    present = np.unique(files)
    several = np.bincount(sender[present], minlength=len(sender)) > 1
    rows = np.flatnonzero(several[sender[files]]) if len(files) else files
    following = np.full(len(frame), -1, dtype=np.int64)
    if len(rows):
        concerned = frame[contract.cle].iloc[rows]
        codes = (_distinct(pa.chunked_array(pa.array(concerned[name])))[1] for name in contract.cle)
        keys = _together([sender[files[rows]], *codes], len(rows))
        rank = np.asarray(ranks, dtype=np.int64)[files[rows]]
        order = np.lexsort((rank, keys))
        same = keys[order][1:] == keys[order][:-1]
        following[rows[order[:-1][same]]] = files[rows[order[1:][same]]]
    return pd.Series(pd.array(following, dtype="Int64"), index=frame.index).mask(following < 0)


def typed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Canonical text (n rows) to the contract's types, as `arrow_schema` says: Int64, float64, date32,
    boolean, str.
    """
    arrays: dict[str, pa.Array] = {}
    for column in contract.colonnes:
        text = pa.array(frame[column.nom], pa.large_string(), from_pandas=True)
        if column.type == "booleen":
            arrays[column.nom] = pc.equal(text, "oui")
        else:
            arrays[column.nom] = text.cast(ARROW_TYPES.get(column.type, pa.large_string()))
    kinds: dict[pa.DataType, object] = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.date32(): pd.ArrowDtype(pa.date32()),
    }
    out: pd.DataFrame = pa.table(arrays).to_pandas(types_mapper=kinds.get)
    out.index = frame.index
    return out
