"""OLINPE events: its own checks on receipt, as far as the variables kept allow.

Source: names of the 39 checks of the OLINPE reception report, and « à renseigner si » of the nomenclature (décret
2016-1966). « DECISION absent » is the only one OLINPE holds for serious: the contract's own rule, and blocking.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from expectations.generic import SameKey, as_numbers, row_hash
from expectations.lake import SENDER, Lake
from expectations.measures import SAID, Filled, Mask, Measure, RowCheck, Senders, Tally
from expectations.rules import threshold
from mentorat.contracts.sources import contract
from mentorat.settings import CAMPAGNES

PLACE_ADM = ["11", "12", "13", "14", "15", "16", "18", "19", "21"]
HOME_ADM = ["10", "18", "20"]
HOME_JUD = ["11", "14", "15", "16", "19", "21", "24"]
PLACE_JUD = ["17", "18", "21", "22", "23"]
EXPECTED: dict[str, tuple[str, tuple[str, list[str]] | None]] = {
    "DATDECPE": ("pour tout événement", None),
    "DATDEB": ("pour tout événement", None),
    "DATFIN": ("pour toute fin de mesure", ("TYPEV", ["3"])),
    "MOTFININT": ("pour toute fin de mesure", ("TYPEV", ["3"])),
    "MOTIFML": ("pour toute mainlevée ou fin anticipée", ("MOTFININT", ["2"])),
    "CHGLIEU": ("au renouvellement de l'accueil ou du placement d'un mineur", None),
    "NATPDECADM": ("pour toute décision administrative", ("DECISION", ["1"])),
    "NATDECASSED": ("pour toute décision judiciaire", ("DECISION", ["2"])),
    "TYPINTERDOM": ("pour toute aide à domicile", ("NATPDECADM", ["10", "20"])),
    "TYPDECJUD": ("pour toute mesure de milieu ouvert ou d'investigation", ("NATDECASSED", HOME_JUD[:5])),
    "LIEUACC": ("pour tout accueil administratif", ("NATPDECADM", [c for c in PLACE_ADM if c != "18"])),
    "LIEUPLAC": ("pour tout placement judiciaire", ("NATDECASSED", [c for c in PLACE_JUD if c != "21"])),
}
"""Variable → the events that call for it in words, then as a column and its codes (none: told by its own mask).

« Autre mesure » (NATPDECADM 18, NATDECASSED 21) may be at home or in a place: neither is asked of it."""
UNEXPECTED = {
    "DATFIN": ("TYPEV", ["3"]),
    "MOTFININT": ("TYPEV", ["3"]),
    "MOTIFML": ("TYPEV", ["3"]),
    "DIPLOME": ("TYPEV", ["3"]),
    "NBCHGLIEU": ("TYPEV", ["3"]),
    "CHGLIEU": ("TYPEV", ["2"]),
    "NATPDECADM": ("DECISION", ["1"]),
    "NATDECASSED": ("DECISION", ["2"]),
    "TYPINTERDOM": ("NATPDECADM", HOME_ADM),
    "LIEUACC": ("NATPDECADM", PLACE_ADM),
    "TYPDECJUD": ("NATDECASSED", HOME_JUD),
    "LIEUPLAC": ("NATDECASSED", PLACE_JUD),
}
"""Variable → the only codes of the column beside which it may be filled."""
MINORS_ONLY = ["PROJET", "DATPPE", "MINA", "CHGLIEU", "NBCHGLIEU"]
ADULTS_ONLY = {"NATPDECADM": ["20", "21"], "NATDECASSED": ["24"], "TYPINTERDOM": ["10"]}
DATES = ["TYPEV", "DATDECPE", "DATDEB", "DATFIN"]
BIRTH = ["ANAIS", "MNAIS"]
MEASURE_KEY = ["NUMDEP", "NUMANONYM", "DECISION", "NATPDECADM", "NATDECASSED", "TYPINTERDOM", "TYPDECJUD", "DATDEB"]


def event_date(events: pd.DataFrame) -> pd.Series:
    """DATFIN of an end, else DATDEB, else DATDECPE (n dates)."""
    end = events["DATFIN"].where(events["TYPEV"] == "3")
    return end.fillna(events["DATDEB"]).fillna(events["DATDECPE"])


def age(events: pd.DataFrame) -> pd.Series:
    """Age in years at the event (n floats, missing where unknown), birth on the 15th; a year alone counts from June."""
    year = events["ANAIS"].where(events["ANAIS"].between(1900, 2100)).astype("float64")
    month = events["MNAIS"].where(events["MNAIS"].between(1, 12)).astype("float64").fillna(6)
    when = event_date(events)
    return (when.dt.year - year) + (when.dt.month - month + (when.dt.day - 15) / 31) / 12


def _among(name: str, codes: Sequence[str]) -> Mask:
    return lambda events: events[name].isin(codes)


def _missing(name: str, when: str, calls: tuple[str, list[str]] | None) -> RowCheck:
    columns, concerned = [name], None
    if calls:
        columns, concerned = [name, calls[0]], _among(*calls)
    elif name == "CHGLIEU":
        columns, concerned = [name, *DATES, *BIRTH, "LIEUACC", "LIEUPLAC"], _renewed_placement
    return RowCheck(
        f"{name}_manquant",
        f"{name} est rempli {when}",
        columns,
        lambda events: events[name].isna(),
        concerned,
        "part_olinpe_alerte",
    )


def _renewed_placement(events: pd.DataFrame) -> pd.Series:
    placed = events["LIEUACC"].notna() | events["LIEUPLAC"].notna()
    return (events["TYPEV"] == "2") & placed & (age(events) < 18)


def _unexpected(name: str, beside: str, codes: list[str]) -> RowCheck:
    return RowCheck(
        f"{name}_inattendu",
        f"{name} n'est rempli qu'avec {beside} à {', '.join(codes)}",
        [name, beside],
        lambda events: ~events[beside].isin(codes),
        lambda events: events[name].notna(),
        "part_olinpe_alerte",
    )


def checks(lake: Lake) -> list[RowCheck]:
    """Checks of single events; each is a warning, by sender."""
    first = pd.Timestamp(lake.campagne, 1, 1)
    earlier = set(lake.read("mesures_ase", [SENDER], lake.campagne - 1)[SENDER])
    longest = threshold("duree_excessive_ans")
    return [
        RowCheck(
            "sexe_inconnu",
            "SEXE est presque toujours connu",
            ["SEXE"],
            lambda events: ~events["SEXE"].isin(["1", "2"]),
            seuil="part_sexe_inconnu_alerte",
        ),
        RowCheck(
            "naissance_a_verifier",
            "L'année et le mois de naissance sont presque toujours connus",
            BIRTH,
            lambda events: ~events["ANAIS"].between(1900, 2100) | ~events["MNAIS"].between(1, 12),
            seuil="part_age_inconnu_alerte",
        ),
        RowCheck(
            "age_a_verifier",
            "L'âge à l'événement est entre 0 et 21 ans",
            [*DATES, *BIRTH],
            lambda events: ~age(events).between(-1, 22),
            lambda events: age(events).notna(),
            "part_olinpe_alerte",
        ),
        *(_missing(name, what, calls) for name, (what, calls) in EXPECTED.items()),
        *(_unexpected(name, *calls) for name, calls in UNEXPECTED.items()),
        RowCheck(
            "datfin_sans_datdeb",
            "DATFIN ne va jamais sans DATDEB",
            ["DATDEB", "DATFIN"],
            lambda events: events["DATDEB"].isna(),
            lambda events: events["DATFIN"].notna(),
            "part_olinpe_alerte",
        ),
        RowCheck(
            "duree_excessive",
            f"Aucune mesure ne dure plus de {longest:.0f} ans d'un seul tenant",
            ["DATDEB", "DATFIN"],
            lambda events: (events["DATFIN"] - events["DATDEB"]).dt.days > longest * 365.25,
            lambda events: events["DATDEB"].notna() & events["DATFIN"].notna(),
            "part_olinpe_alerte",
        ),
        RowCheck(
            "hors_perimetre",
            "Un département qui a déjà transmis n'envoie que les événements de l'année",
            DATES,
            lambda events: event_date(events) < first,
            lambda events: events[SENDER].isin(earlier) & event_date(events).notna(),
            "part_hors_annee_alerte",
        ),
        RowCheck(
            "reserve_aux_mineurs",
            f"Les variables des mineurs ({', '.join(MINORS_ONLY)}) sont vides pour un majeur",
            [*DATES, *BIRTH, *MINORS_ONLY],
            lambda events: events[MINORS_ONLY].notna().any(axis=1),
            lambda events: age(events) >= 18.5,
            "part_olinpe_alerte",
        ),
        RowCheck(
            "reserve_aux_majeurs",
            "Les mesures « jeune majeur » ne concernent aucun mineur de moins de 17 ans",
            [*DATES, *BIRTH, *ADULTS_ONLY],
            lambda events: age(events) < 17,
            lambda events: (
                age(events).notna()
                & pd.DataFrame({name: events[name].isin(codes) for name, codes in ADULTS_ONLY.items()}).any(axis=1)
            ),
            "part_olinpe_alerte",
        ),
    ]


def _duplicates() -> list[SameKey]:
    """Decisions told twice, differing by their end or their place alone: general, administrative and judicial."""
    same = ["NUMDEP", "NUMANONYM", "TYPEV", "DATDEB", "DECISION"]
    natures: dict[str, tuple[str, list[str], Mask | None]] = {
        "general": ("Aucun jeune n'a deux fois le même événement au même début", [], None),
        "administratif": (
            "Aucune décision administrative n'est racontée deux fois",
            ["NATPDECADM", "TYPINTERDOM"],
            _among("DECISION", ["1"]),
        ),
        "judiciaire": (
            "Aucune décision judiciaire n'est racontée deux fois",
            ["NATDECASSED", "TYPDECJUD"],
            _among("DECISION", ["2"]),
        ),
    }
    seuil = threshold("part_doublon_alerte")
    return [
        SameKey(f"doublon_{name}", libelle, [*same, *columns], seuil=seuil, parmi=among)
        for name, (libelle, columns, among) in natures.items()
    ]


class Variables(Filled):
    """Variables absent, empty or always « ne sait pas » in a sender's file."""

    def __init__(self) -> None:
        columns = [c for c in contract("mesures_ase").colonnes if c.type in ("code", "entier", "date")]
        unknown: dict[str, list[object]] = {
            c.nom: [code for code, label in c.codes.items() if label.startswith(("Ne sait", "Non connu", "Motif non"))]
            if c.codes
            else [99, 9999]
            for c in columns
            if c.type != "date"
        }
        super().__init__([c.nom for c in columns], unknown)

    def measures(self) -> list[Measure]:
        """One value a sender and a variable: the share of rows that fill it, and of those, that say something."""
        counts = self.counts()
        counts = counts[counts["lignes"] >= threshold("lignes_comparables")]
        filled = [_by_variable(counts, name, counts.get(name), counts["lignes"]) for name in self.colonnes]
        said = [_by_variable(counts, name, counts.get(name + SAID), counts.get(name)) for name in self.unknown]
        least = threshold("part_renseignee_minimum")
        return [
            Measure(
                "variable_vide", "Aucune variable n'est absente ou toujours vide", pd.concat(filled), minimum=least
            ),
            Measure(
                "variable_inconnue", "Aucune variable n'est toujours « ne sait pas »", pd.concat(said), minimum=least
            ),
        ]


def _by_variable(counts: pd.DataFrame, name: str, part: pd.Series | None, whole: pd.Series | None) -> pd.DataFrame:
    if part is None or whole is None:
        return pd.DataFrame({"emetteur": [], "valeur": [], "precision": []})
    share = (part / whole.where(whole > 0)).astype("float64")
    return pd.DataFrame({"emetteur": counts.index, "valeur": share.to_numpy(), "precision": name})


class Persons:
    """Anonymity numbers that tell two sexes or two births, and event types that a sender never sends."""

    colonnes = ("NUMANONYM", "SEXE", "ANAIS", "MNAIS", "TYPEV")

    def __init__(self) -> None:
        self.senders = Senders()
        self.parts: list[pd.DataFrame] = []

    def add(self, chunk: pd.DataFrame) -> None:
        """Remember one number a person, and its traits as numbers."""
        born = (chunk["ANAIS"] * 100 + chunk["MNAIS"]).where(chunk["ANAIS"].between(1900, 2100))
        self.parts.append(
            pd.DataFrame(
                {
                    "personne": chunk["NUMANONYM"],
                    "emetteur": self.senders.codes(chunk),
                    "sexe": chunk["SEXE"].astype("str").map({"1": 1, "2": 2}).astype("float32"),
                    "naissance": born.astype("float32"),
                    "type": chunk["TYPEV"].astype("str").map({"1": 1, "2": 2, "3": 3}).fillna(0).astype("int8"),
                }
            )
        )

    def measures(self) -> list[Measure]:
        """Share of the numbers that contradict themselves, and types of event, by sender."""
        nothing = pd.DataFrame({name: [] for name in ("personne", "emetteur", "sexe", "naissance", "type")})
        rows = pd.concat([*self.parts, *([] if self.parts else [nothing])], ignore_index=True)
        traits = rows.groupby("personne")[["sexe", "naissance"]].agg(["min", "max"])
        torn = traits.index[
            (traits["sexe", "min"] < traits["sexe", "max"]) | (traits["naissance", "min"] < traits["naissance", "max"])
        ]
        numbers = rows[["personne", "emetteur"]].drop_duplicates()
        codes = numbers["emetteur"].to_numpy(dtype=np.int16)
        types = rows.groupby("emetteur")["type"].agg(["nunique", "size"])
        types = types[types["size"] >= threshold("lignes_comparables")]
        names = np.array(list(self.senders.names), dtype=object)
        by_type = pd.DataFrame(
            {
                "emetteur": names[types.index.to_numpy(dtype=np.int16)],
                "valeur": types["nunique"].to_numpy(dtype="float64"),
                "precision": "un type d'événement manque",
            }
        )
        return [
            Measure(
                "numero_incoherent",
                "Un numéro d'anonymat garde le même sexe et la même naissance",
                self.senders.shares(codes, numbers["personne"].isin(torn).to_numpy()),
                maximum=threshold("part_numero_incoherent"),
            ),
            Measure(
                "types_d_evenement",
                "Chaque département envoie des débuts, des renouvellements et des fins",
                by_type,
                minimum=3,
            ),
        ]


class Starts:
    """Ends whose start was never told, in this campagne or an earlier one."""

    colonnes = (*MEASURE_KEY, "TYPEV")

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.senders = Senders()
        self.keys: list[np.ndarray] = []
        self.ends: list[np.ndarray] = []
        self.codes: list[np.ndarray] = []

    def add(self, chunk: pd.DataFrame) -> None:
        """Remember one number a measure."""
        self.keys.append(row_hash(chunk[MEASURE_KEY]))
        self.ends.append((chunk["TYPEV"] == "3").to_numpy(dtype=bool))
        self.codes.append(self.senders.codes(chunk))

    def measures(self) -> list[Measure]:
        """Share of the ends without a start, by sender."""
        keys = np.concatenate([*self.keys, np.zeros(0, dtype=np.uint64)])
        is_end = np.concatenate([*self.ends, np.zeros(0, dtype=bool)])
        codes = np.concatenate([*self.codes, np.zeros(0, dtype=np.int16)])[is_end]
        alone = ~np.isin(keys[is_end], keys[~is_end])
        if alone.any():
            alone &= ~np.isin(keys[is_end], self._told_before())
        return [
            Measure(
                "fin_sans_debut",
                "Toute fin de mesure a son début, dans cette campagne ou une précédente",
                self.senders.shares(codes, alone),
                maximum=threshold("part_fin_sans_debut_alerte"),
            )
        ]

    def _told_before(self) -> np.ndarray:
        """The measures that earlier campagnes told the start of."""
        found = [np.zeros(0, dtype=np.uint64)]
        for year in CAMPAGNES:
            if year < self.lake.campagne:
                for chunk in Lake(self.lake.settings, year).chunks("mesures_ase", self.colonnes):
                    begun = as_numbers(chunk[chunk["TYPEV"] != "3"])
                    found.append(row_hash(begun[MEASURE_KEY]))
        return np.concatenate(found)


def counters(lake: Lake) -> list[Tally | SameKey | Variables | Persons | Starts]:
    """What is counted in the one pass over the events."""
    return [Tally(checks(lake)), *_duplicates(), Variables(), Persons(), Starts(lake)]
