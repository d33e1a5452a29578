"""The counting rules: which rows are accepted, which are set aside and why, which repeat another.

All the files of one source are normalised together (a column is parsed once for all), then judged file by
file. Always, for each file: recues = acceptees + ecartees + doublons_exacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from mentorat.contracts.sources import ARROW_TYPES, Column, Contract
from mentorat.intake.normalisation import Parser, is_old_rhone, parse_all, parser

FILE, LINE = "_fichier", "_ligne"
Codes = np.ndarray  # int64, one code a distinct content


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

    `frame`: canonical text (n rows: the contract's columns, `_fichier`, `_ligne`); `acceptee`, `doublon`: n
    booleans, `ecartee` is what remains; `faults`: one row a fault (`_fichier`, `_ligne`, colonne, regle,
    motif, remede).
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


FAULT_COLUMNS = [FILE, LINE, "colonne", "regle", "motif", "remede"]


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


def _normalise(cells: pa.Array, parse: Parser) -> tuple[pd.Series, Codes, dict[str, np.ndarray]]:
    """(canonical text, content code of each cell, mask of each rule broken).

    Two cells have one content code when their canonical text is the same, or, unreadable, when they are
    written the same.
    """
    encoded = cells.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    values, faults = parse_all(distinct, parse)
    contents = [f"!{raw}" if fault else value for raw, value, fault in zip(distinct, values, faults, strict=True)]
    content_codes = np.append(pd.factorize(pd.Series(contents, dtype="object"))[0], -1)
    # a null in the dictionary's place -1 stands for the cells of files that lack the column
    words = pa.array([*values, None], pa.string()).take(pa.array(np.where(indices < 0, len(values), indices)))
    masks = {}
    for rule in sorted({fault for fault in faults if fault}):
        guilty = np.array([*(fault == rule for fault in faults), False])
        masks[rule] = guilty[indices]
    return pd.Series(words.to_pandas(), dtype="str"), content_codes[indices], masks


def _spell_rhone(cells: pa.Array, files: np.ndarray, senders: Sequence[str | None]) -> pa.Array:
    """69, the old Rhône as a whole, becomes the sender's own territory in the files of one of its two
    parts.
    """
    series = pd.Series(cells.to_pandas(), dtype="object")
    whole = series.isin([cell for cell in series.dropna().unique() if is_old_rhone(cell)]).to_numpy()
    for part in ("69D", "69M"):
        own = np.isin(files, [index for index, code in enumerate(senders) if code == part])
        series = series.mask(whole & own, part)
    return pa.array(series, pa.string(), from_pandas=True)


def _spell_boolean(cells: pa.Array, files: np.ndarray) -> pa.Array:
    """A column of x and blanks says « non » by a blank: in a file where nothing else is written, blanks
    become « non ».
    """
    series = pd.Series(cells.to_pandas(), dtype="object")
    marks = series.map(lambda cell: cell.strip().casefold() if isinstance(cell, str) else None)
    written = marks.where(marks != "")
    by_file = pd.Series(files)
    ticked = (written == "x").groupby(by_file).transform("any")
    other = (written.notna() & (written != "x")).groupby(by_file).transform("any")
    blank = (marks == "") & ticked & ~other
    return pa.array(series.where(~blank, "non"), pa.string(), from_pandas=True)


class _Faults:
    """Faults gathered as masks, told to the sender once all are known."""

    def __init__(self, n: int) -> None:
        self.any = np.zeros(n, dtype=bool)
        self.told: list[tuple[np.ndarray, str, str, FaultWords]] = []

    def add(self, mask: np.ndarray, column: str, rule: str, words: FaultWords) -> None:
        if mask.any():
            self.any |= mask
            self.told.append((np.flatnonzero(mask), column, rule, words))

    def frame(self, files: np.ndarray, lines: np.ndarray, reported: np.ndarray) -> pd.DataFrame:
        """One row a fault of the rows in `reported` (an exact duplicate is not told twice)."""
        parts = []
        for positions, column, rule, words in self.told:
            kept = positions[reported[positions]]
            parts.append(
                pd.DataFrame(
                    {
                        FILE: files[kept],
                        LINE: lines[kept],
                        "colonne": column,
                        "regle": rule,
                        "motif": words.motif,
                        "remede": words.remede,
                    }
                )
            )
        if not parts:
            return pd.DataFrame({name: pd.Series(dtype="object") for name in FAULT_COLUMNS})
        return pd.concat(parts, ignore_index=True).sort_values([FILE, LINE, "colonne", "regle"], ignore_index=True)


def _worded(rule: str, column: str, aide: str) -> FaultWords:
    words = WORDS[rule]
    return FaultWords(words.motif.format(nom=column, aide=aide), words.remede.format(nom=column, aide=aide))


def _event_date(frame: pd.DataFrame, contract: Contract, names: Sequence[str]) -> pd.Series:
    """First known of the dates, each only on the rows where the contract's `si` lets it count."""
    found = pd.Series(pd.NA, index=frame.index, dtype="str")
    for name in names:
        dates = frame[name]
        if condition := contract.rattachement.si.get(name):
            dates = dates.where(frame[condition.colonne].isin(condition.valeurs))
        found = found.fillna(dates)
    return found


def outside_campagne(frame: pd.DataFrame, contract: Contract, campagne: int) -> np.ndarray:
    """True for the rows that the contract's `rattachement` does not bring to the campagne (n booleans).

    A row of `histoire` or of a `stock` of several dates without any known date can't be shown to be
    elsewhere: it stays. A pair without a start (`stock` of one date), an event without a date, a year
    unknown belong nowhere.
    """
    rule = contract.rattachement
    first, last = f"{campagne}-01-01", f"{campagne}-12-31"
    none = pd.Series(False, index=frame.index)
    if rule.type == "annee" and rule.annee:
        outside = frame[rule.annee].fillna("") != str(campagne)
    elif rule.type == "evenement":
        when = _event_date(frame, contract, rule.dates)
        outside = when.isna() | (when < first) | (when > last)
    elif rule.type == "histoire":
        outside = (_event_date(frame, contract, rule.dates) > last).fillna(False)
    elif rule.type == "stock":
        begun = frame[rule.debut[0]]
        for name in rule.debut[1:]:
            begun = begun.where(~((frame[name] < begun) | begun.isna()).fillna(False), frame[name])
        outside = (begun > last).fillna(False)
        if len(rule.debut) == 1:
            outside |= begun.isna()
        if rule.fin:
            outside |= (frame[rule.fin] < first).fillna(False)
    else:
        outside = none
    return np.asarray(outside, dtype=bool)


def _attachment_columns(contract: Contract) -> list[str]:
    rule = contract.rattachement
    names = [
        *rule.dates,
        *([rule.annee] if rule.annee else []),
        *rule.debut[:1],
        *([rule.fin] if rule.fin else []),
    ]
    return names


def judge(contract: Contract, cells: pa.Table, origin: Origin, campagne: int) -> Judged:
    """Judge the rows of one source.

    `cells`: raw text, one column per canonical column found (n rows; null where a file lacks the column).
    """
    files, lines = origin.files, origin.lines
    n = cells.num_rows
    faults = _Faults(n)
    words: dict[str, pd.Series] = {}
    codes: dict[str, Codes] = {}
    for column in contract.colonnes:
        if column.nom in cells.column_names:
            raw = cells[column.nom]
            raw = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
            if column.type == "departement":
                raw = _spell_rhone(raw, files, origin.senders)
            elif column.type == "booleen":
                raw = _spell_boolean(raw, files)
            words[column.nom], codes[column.nom], masks = _normalise(raw, parser(column, contract.olinpe))
            for rule, mask in masks.items():
                faults.add(mask, column.nom, rule, _worded(rule, column.nom, help_for(column)))
        else:
            words[column.nom] = pd.Series(pd.NA, index=range(n), dtype="str")
            codes[column.nom] = np.full(n, -1)
        if column.nom in contract.cle_obligatoire:
            unreadable = np.zeros(n, dtype=bool)
            for positions, name, _, _ in faults.told:
                if name == column.nom:
                    unreadable[positions] = True
            missing = words[column.nom].isna().to_numpy() & ~unreadable
            faults.add(missing, column.nom, "cle_manquante", _worded("cle_manquante", column.nom, ""))
    frame = pd.DataFrame(words)
    content = pd.DataFrame({FILE: files, **codes})
    for spoken in contract.regles:
        broken = np.zeros(n, dtype=bool)
        for earlier, later in zip(spoken.ordre, spoken.ordre[1:], strict=False):
            broken |= (frame[earlier] > frame[later]).fillna(False).to_numpy(dtype=bool)
        faults.add(broken, ", ".join(spoken.colonnes), spoken.id, FaultWords(spoken.motif, spoken.remede))
    attached = _attachment_columns(contract)
    unread = np.zeros(n, dtype=bool)
    for positions, name, _, _ in faults.told:
        unread[positions] |= name in attached  # an unreadable date says nothing of the campagne
    faults.add(
        outside_campagne(frame, contract, campagne) & ~unread,
        ", ".join(attached),
        "hors_campagne",
        _worded("hors_campagne", ", ".join(attached), str(campagne)),
    )
    duplicate = content.duplicated().to_numpy()
    keyed = frame[contract.cle_obligatoire].notna().all(axis=1).to_numpy()
    conflict = np.zeros(n, dtype=bool)
    contenders = keyed & ~duplicate
    conflict[contenders] = content.loc[contenders, [FILE, *contract.cle]].duplicated(keep=False).to_numpy()
    key = ", ".join(contract.cle)
    faults.add(conflict, key, "cle_en_conflit", _worded("cle_en_conflit", key, key))
    accepted = ~duplicate & ~faults.any
    told = faults.frame(files, lines, ~duplicate)
    frame[FILE], frame[LINE] = files, lines
    return Judged(frame, accepted, duplicate, told)


def replaced(frame: pd.DataFrame, contract: Contract, emetteurs: Sequence[str], ranks: Sequence[int]) -> pd.Series:
    """For each accepted row, the file that replaces it (Int64, null when it stays).

    `frame` holds the accepted rows; `emetteurs` and `ranks` (order of reception) are by file. The later file
    of a sender wins; a row is replaced once, by the next file that holds its key.
    """
    order = np.asarray(ranks)[frame[FILE].to_numpy(dtype=np.int64)]
    keys = frame[contract.cle].assign(
        _emetteur=np.asarray(emetteurs, dtype=object)[frame[FILE].to_numpy(dtype=np.int64)]
    )
    keys["_rang"], keys["_file"] = order, frame[FILE].to_numpy(dtype=np.int64)
    ordered = keys.sort_values("_rang", kind="stable")
    following = ordered.groupby([*contract.cle, "_emetteur"], dropna=False, sort=False)["_file"].shift(-1)
    return following.reindex(frame.index).astype("Int64")


def typed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Canonical text (n rows) to the contract's types, as `arrow_schema` says: Int64, float64, date32,
    boolean, str.
    """
    arrays: dict[str, pd.Series] = {}
    for column in contract.colonnes:
        values = frame[column.nom]
        if column.defaut is not None:
            values = values.fillna(column.defaut)
        target = ARROW_TYPES.get(column.type)
        if target is None:
            arrays[column.nom] = values
            continue
        text = pa.array(values, pa.string(), from_pandas=True)
        if column.type == "booleen":
            arrays[column.nom] = values.map({"oui": True, "non": False}).astype("boolean")
        elif column.type == "entier":
            arrays[column.nom] = pd.Series(text.cast(target).to_pandas(types_mapper=lambda _: pd.Int64Dtype()))
        elif column.type == "date":
            arrays[column.nom] = pd.Series(pd.array(text.cast(target), dtype=pd.ArrowDtype(pa.date32())))
        else:
            arrays[column.nom] = values.astype("float64")
        arrays[column.nom].index = frame.index
    return pd.DataFrame(arrays, index=frame.index)
