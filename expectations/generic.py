"""What is asked of every source, from its contract alone: columns, key, campagne, volumes, filling, associations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from expectations.lake import SENDER, Lake, identities, numbers
from expectations.measures import COMMON, Mask, Measure, RowCheck, Senders, Tally, with_share
from expectations.rules import threshold
from mentorat.contracts.sources import Attachment, Contract, arrow_schema
from mentorat.settings import CAMPAGNES


def row_hash(frame: pd.DataFrame) -> np.ndarray:
    """A 64-bit number for each row's content (n numbers, equal for equal rows, missing being a content)."""
    mixed = np.zeros(len(frame), dtype=np.uint64)
    for name in frame:
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + pd.util.hash_pandas_object(frame[name], index=False).to_numpy()
        mixed ^= mixed >> np.uint64(29)
    return mixed


def as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with its pseudonyms and references as numbers: counters only compare them."""
    return frame.assign(**{name: numbers(frame[name]) for name in frame if name in identities()})


class SameKey:
    """Rows of one sender that share a key: two senders may tell the same pair, and precedence is the warehouse's."""

    def __init__(
        self,
        regle: str,
        libelle: str,
        cle: Sequence[str],
        *,
        seuil: float = 0.0,
        bloquant: bool = False,
        parmi: Mask | None = None,
    ) -> None:
        self.regle, self.libelle, self.cle = regle, libelle, list(cle)
        self.seuil, self.bloquant, self.parmi = seuil, bloquant, parmi
        self.colonnes = self.cle
        self.senders = Senders()
        self.hashes: list[np.ndarray] = []
        self.codes: list[np.ndarray] = []

    def add(self, chunk: pd.DataFrame) -> None:
        """Remember one number a row, of those `parmi` keeps."""
        chunk = chunk[self.parmi(chunk)] if self.parmi else chunk
        self.hashes.append(row_hash(chunk[[*self.cle, SENDER]]))
        self.codes.append(self.senders.codes(chunk))

    def measures(self) -> list[Measure]:
        """Rows at fault by sender."""
        hashes = np.concatenate([*self.hashes, np.zeros(0, dtype=np.uint64)])
        codes = np.concatenate([*self.codes, np.zeros(0, dtype=np.int16)])
        counts = self.senders.shares(codes, pd.Series(hashes).duplicated(keep=False).to_numpy())
        return [Measure(self.regle, self.libelle, counts, maximum=self.seuil, bloquant=self.bloquant)]


def counters(contract: Contract, lake: Lake) -> list[Tally | SameKey]:
    """What is counted in one pass over the rows of a source."""
    checks = [*_attachment(contract.rattachement, contract, lake.campagne), *_known_associations(contract, lake)]
    return [
        SameKey("cle_unique", "Une ligne par clé et par émetteur", contract.cle, bloquant=True),
        *([Tally(checks)] if checks else []),
    ]


def measures(contract: Contract, lake: Lake, now: pd.DataFrame) -> list[Measure]:
    """What is compared with the contract's schema, the journal and the campagne before.

    `now`: what each sender fills in this campagne, as `Filled.counts` tells.
    """
    year = _year_before(contract.nom, lake)
    before = lake.filled(contract.nom, year) if year else now.iloc[:0]
    return [
        _schema(contract, lake),
        _set_aside(contract, lake),
        _volumes(now, before),
        _expected_columns(contract, now),
        _emptied_columns(contract, now, before),
    ]


def _year_before(table: str, lake: Lake) -> int | None:
    years = [year for year in CAMPAGNES if year < lake.campagne and lake.path(table, year).exists()]
    return max(years, default=None)


def _schema(contract: Contract, lake: Lake) -> Measure:
    path = lake.path(contract.nom)
    read = pq.read_schema(path) if path.exists() else None
    units = [
        (COMMON, float(read is not None and (f.name not in read.names or read.field(f.name).type != f.type)), f.name)
        for f in arrow_schema(contract.nom)
    ]
    frame = pd.DataFrame(units, columns=["emetteur", "valeur", "precision"])
    return Measure("schema", "Les colonnes du contrat sont toutes là, de leur type", frame, maximum=0, bloquant=True)


def _set_aside(contract: Contract, lake: Lake) -> Measure:
    columns = ["emetteur", "source", "statut", "lignes_recues", "lignes_ecartees"]
    journal = lake.read("journal", columns)
    mine = journal[(journal["source"] == contract.nom) & (journal["statut"] == "acceptee")]
    rows = mine.groupby("emetteur", as_index=False)[["lignes_ecartees", "lignes_recues"]].sum()
    counts = with_share(rows.set_axis(["emetteur", "en_defaut", "concernees"], axis=1))
    return Measure(
        "part_ecartee",
        "Chaque émetteur garde ses lignes écartées sous le seuil d'alerte",
        counts,
        maximum=threshold("part_ecartee_alerte"),
    )


def _volumes(now: pd.DataFrame, before: pd.DataFrame) -> Measure:
    """Only of senders that sent again: one that sent nothing is told apart, and is normal."""
    both = now[["lignes"]].join(before["lignes"].rename("avant"), how="inner")
    both = both[both["avant"] >= threshold("lignes_comparables")]
    ratio = (both["lignes"] / both["avant"]).astype("float64")
    units = pd.DataFrame({"emetteur": both.index, "valeur": ratio.to_numpy()}).assign(
        precision=np.where(ratio < 1, "beaucoup moins de lignes", "beaucoup plus de lignes")
    )
    return Measure(
        "volume",
        "Le nombre de lignes d'un émetteur ressemble à celui de la campagne précédente",
        units,
        minimum=threshold("volume_minimum"),
        maximum=threshold("volume_maximum"),
    )


def _rates(counts: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Share of rows that fill each column, by sender (long: emetteur, colonne, taux); few rows tell nothing."""
    enough = counts[counts["lignes"] >= threshold("lignes_comparables")]
    known = [name for name in columns if name in enough]
    rates = enough[known].div(enough["lignes"], axis=0)
    return rates.melt(var_name="colonne", value_name="taux", ignore_index=False).rename_axis("emetteur").reset_index()


def _expected_columns(contract: Contract, now: pd.DataFrame) -> Measure:
    asked = [c.nom for c in contract.colonnes if c.obligatoire and c.nom not in contract.cle_obligatoire]
    rates = _rates(now, asked)
    units = rates.assign(valeur=rates["taux"].astype("float64"), precision="« " + rates["colonne"].astype("str") + " »")
    return Measure(
        "remplissage",
        "Les colonnes attendues sont remplies",
        units,
        minimum=threshold("remplissage_attendu"),
    )


def _emptied_columns(contract: Contract, now: pd.DataFrame, before: pd.DataFrame) -> Measure:
    columns = ["emetteur", "colonne"]
    both = _rates(now, contract.noms).merge(_rates(before, contract.noms), on=columns, suffixes=("", "_avant"))
    units = both.assign(
        valeur=(both["taux_avant"] - both["taux"]).astype("float64"),
        precision="« " + both["colonne"].astype("str") + " »",
    )
    return Measure(
        "remplissage_en_baisse",
        "Aucune colonne ne se vide d'une campagne à l'autre",
        units,
        maximum=threshold("baisse_remplissage"),
    )


def _attachment(attachment: Attachment, contract: Contract, campagne: int) -> list[RowCheck]:
    """The contract's `rattachement`, asserted again: a row that no date brings to the campagne."""
    first, last = pd.Timestamp(campagne, 1, 1), pd.Timestamp(campagne, 12, 31)

    def days(chunk: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                name: pd.to_datetime(chunk[name].astype("str"), format="%Y-%m", errors="coerce")
                if contract.colonne(name).type == "mois"
                else pd.to_datetime(chunk[name])
                for name in names
            }
        )

    def outside(chunk: pd.DataFrame) -> pd.Series:
        if attachment.type == "annee":
            return chunk[attachment.annee] != campagne
        if attachment.type == "evenement":
            dates = days(chunk, attachment.dates)
            return ~((dates >= first) & (dates <= last)).any(axis=1)
        if attachment.type == "histoire":
            return days(chunk, attachment.dates).min(axis=1) > last
        begun = days(chunk, attachment.debut).min(axis=1) > last
        return begun | (days(chunk, [attachment.fin])[attachment.fin] < first) if attachment.fin else begun

    columns = [*attachment.dates, *attachment.debut, *filter(None, (attachment.annee, attachment.fin))]
    if attachment.type == "libre" or not columns:
        return []
    libelle = f"Chaque ligne appartient à la campagne ({', '.join(columns[:3])}{'…' if len(columns) > 3 else ''})"
    return [RowCheck("rattachement", libelle, columns, outside, bloquant=True)]


def known_operators(lake: Lake) -> frozenset[str]:
    """Codes of the associations of the reference list, and of the registry (S13) where it was sent."""
    from mentorat.reference import load

    table = load("emetteurs")
    registry = lake.until("associations", ["association"])["association"].dropna()
    return frozenset(table.loc[table["type"] == "association", "code"]) | frozenset(registry)


def _known_associations(contract: Contract, lake: Lake) -> list[RowCheck]:
    named = [column.nom for column in contract.colonnes if column.type == "association"]
    if contract.nom == "associations" or not named:
        return []  # the registry is where an association becomes known
    known = list(known_operators(lake))

    def check(name: str) -> RowCheck:
        return RowCheck(
            f"association_connue_{name}",
            f"« {name} » est une association connue (liste de référence ou registre)",
            [name],
            lambda chunk: ~chunk[name].isin(known),
            lambda chunk: chunk[name].notna(),
            "part_association_inconnue",
        )

    return [check(name) for name in named]
