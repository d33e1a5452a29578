"""Source contracts: the canonical name, type, codes, aliases and row rules of every source, read from YAML.

Metadata come first: intake, the answer to senders, Great Expectations and the dictionary are all derived
from them. A column may name a shared `modele` of `commun.yml` and override what differs.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

HERE = Path(__file__).parent
FOLDER = HERE / "sources"  # beside this module of the same name: data only, never imported

ColumnType = Literal[
    "texte",
    "code",
    "liste",
    "mois",
    "departement",
    "pseudonyme",
    "reference",
    "association",
    "entier",
    "decimal",
    "date",
    "booleen",
]
Sensitivity = Literal["aucune", "identite", "reference", "sensible"]
Timing = Literal["fixe", "avant", "apres"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "entier": pa.int64(),
    "decimal": pa.float64(),
    "date": pa.date32(),
    "booleen": pa.bool_(),
}
"""Arrow type of each contract type; every other one is a string."""


class Strict(BaseModel):
    """A model that refuses unknown names: a misspelt word in a YAML file is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Strict):
    """One column of a source.

    `obligatoire`: the column is expected of every sender; in the key, its absence refuses the file and an
    empty cell sets the row aside; elsewhere the sender is told. `codes` maps each code to its French label;
    `synonymes` maps other words of the field to a code. `domaine` is the separation domain of the level-2
    pseudonym; `portee` the column whose value scopes a sender's own reference.
    """

    nom: str
    type: ColumnType
    libelle: str
    obligatoire: bool = False
    codes: dict[str, str] = Field(default_factory=dict)
    synonymes: dict[str, str] = Field(default_factory=dict)
    alias: list[str] = Field(default_factory=list)
    repli: str | None = None
    """Code given to a word that is not one of `codes`, where any word may come and none is kept (a school class)."""
    unite: str | None = None
    elements: Literal["departement", "association"] | None = None
    """What each element of a list is, where it is read as a column of that type is."""
    autres_territoires: dict[str, str] = Field(default_factory=dict)
    """Codes that are right answers beside the 102 territories, with their labels (OLINPE's overseas codes)."""
    exemple: str | None = None
    """A right value as the template shows it; empty: the example leaves the cell blank. None: derived from the type."""
    bornes: tuple[float, float] | None = None
    longueur: int | None = None
    domaine: str | None = None
    portee: str | None = None
    collectivites: bool = False
    """True where the addressee's own code (6AE, 20R) is a right answer beside the 102 territories."""
    defaut: str | None = None
    sensibilite: Sensitivity = "aucune"
    temporalite: Timing | None = None
    dimension: str | None = None
    article: str | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.type == "code" and not self.codes:
            raise ValueError(f"{self.nom}: a code needs its codes")
        if self.type == "pseudonyme" and (self.domaine is None or self.longueur is None):
            raise ValueError(f"{self.nom}: a pseudonym needs its domaine and longueur")
        if unknown := set(self.synonymes.values()) - set(self.codes):
            raise ValueError(f"{self.nom}: synonyms of unknown codes {sorted(unknown)}")
        if self.type == "reference" and self.domaine is None:
            raise ValueError(f"{self.nom}: a reference needs its domaine")
        if self.repli is not None and self.repli not in self.codes:
            raise ValueError(f"{self.nom}: repli must be one of its codes")
        if self.elements is not None and (self.type != "liste" or self.codes):
            raise ValueError(f"{self.nom}: elements belongs to a list without codes")
        return self

    @property
    def rehashed(self) -> bool:
        """True where the value is replaced by a level-2 pseudonym before anything is stored."""
        return self.domaine is not None


class Rule(Strict):
    """A rule on one row: the dates of `ordre`, where known, never decrease. It alone sets rows aside."""

    id: str
    ordre: list[str] = Field(min_length=2)
    motif: str
    remede: str

    @property
    def colonnes(self) -> list[str]:
        """The columns the rule reads."""
        return self.ordre


class Condition(Strict):
    """`colonne` holds one of `valeurs`."""

    colonne: str
    valeurs: list[str]


class Attachment(Strict):
    """Which campagne a row belongs to.

    `evenement`: `dates` in N; `annee`: `annee` = N; `stock`: begun (earliest of `debut`) by 31 December N
    and not ended (`fin`) before 1 January N; `histoire`: event date (first known of `dates`) by 31 December
    N; `libre`: always. `si` restricts a date to the rows where it counts.
    """

    type: Literal["evenement", "annee", "stock", "histoire", "libre"]
    dates: list[str] = Field(default_factory=list)
    annee: str | None = None
    debut: list[str] = Field(default_factory=list)
    fin: str | None = None
    si: dict[str, Condition] = Field(default_factory=dict)


class Contract(Strict):
    """One source."""

    nom: str
    numero: str
    titre: str
    emetteurs: list[str] = Field(default_factory=list)
    cle: list[str]
    indispensables: list[str] = Field(default_factory=list)
    """Columns beside the key without which the file says nothing: asked of the file and of every row, as the key."""
    rattachement: Attachment = Attachment(type="libre")
    colonnes: list[Column]
    ignorees: list[str] = Field(default_factory=list)
    noms_fichier: list[str] = Field(default_factory=list)
    tient_lieu_de: str | None = None
    """The expected source that is no longer missing where this one was sent instead."""
    pilotage: bool = False
    olinpe: bool = False
    """True where unknown is written 9, 99, 999 or 9999 (S1)."""
    regles: list[Rule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        names = [column.nom for column in self.colonnes]
        if len({*names, *self.ignorees}) != len(names) + len(self.ignorees):
            raise ValueError(f"{self.nom}: a column is declared twice")
        attachment = self.rattachement
        used = [
            *self.cle,
            *attachment.dates,
            *attachment.debut,
            *(c for rule in self.regles for c in rule.colonnes),
        ]
        used += [name for name in (attachment.annee, attachment.fin) if name]
        if unknown := set(used) - set(names):
            raise ValueError(f"{self.nom}: undeclared columns {sorted(unknown)}")
        return self

    def colonne(self, nom: str) -> Column:
        """The column called `nom`; KeyError when the contract has none."""
        for column in self.colonnes:
            if column.nom == nom:
                return column
        raise KeyError(nom)

    @property
    def noms(self) -> list[str]:
        """Names of the stored columns, in order."""
        return [column.nom for column in self.colonnes]

    @property
    def cle_obligatoire(self) -> list[str]:
        """Columns that every file must hold and every row must fill: of the key (the others of it may be empty or by
        default), then the indispensables.
        """
        return [*(nom for nom in self.cle if self.colonne(nom).obligatoire), *self.indispensables]


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times faster


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - safe either way


def _expand(column: dict[str, Any], models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A column with its shared `modele` filled in, itself perhaps on another; what the column says itself wins."""
    own = dict(column)
    model = own.pop("modele", None)
    return {**_expand(models[model], models), **own} if model else own


@cache
def contracts() -> dict[str, Contract]:
    """Every source contract by name, sorted. Raises pydantic.ValidationError on an incoherent YAML file."""
    models = _read(HERE / "commun.yml")
    found = {}
    for path in sorted(FOLDER.glob("*.yml")):
        raw = _read(path)
        raw["colonnes"] = [_expand(column, models) for column in raw["colonnes"]]
        found[path.stem] = Contract.model_validate(raw)
        if found[path.stem].nom != path.stem:
            raise ValueError(f"{path.name}: nom must be the file's name")
    if unknown := {one.tient_lieu_de for one in found.values()} - {None, *found}:
        raise ValueError(f"tient_lieu_de names no source: {sorted(map(str, unknown))}")
    return found


def contract(name: str) -> Contract:
    """The contract of one source; KeyError when it is not a source."""
    return contracts()[name]


def codes_of(column: Column) -> dict[str, str]:
    """Every right code of a column (or of the elements of a list) with its French label, territories included; empty
    where the column takes anything of its type.
    """
    from mentorat import reference

    if "departement" not in (column.type, column.elements):
        return column.codes
    places = reference.load("territoires")
    found = dict(zip(places["territoire"], places["libelle"], strict=True))
    if column.collectivites:
        addressees = reference.load("collectivites")
        found |= dict(zip(addressees["collectivite"], addressees["libelle"], strict=True))
    return found | column.autres_territoires


def arrow_schema(name: str) -> pa.Schema:
    """Schema of `lake/etude/<name>/<campagne>.parquet`: the contract's columns, then `campagne` and
    `depose_par`.
    """
    fields = [pa.field(c.nom, ARROW_TYPES.get(c.type, pa.string())) for c in contract(name).colonnes]
    return pa.schema([*fields, pa.field("campagne", pa.int64()), pa.field("depose_par", pa.string())])


def pilotage_schema(name: str) -> pa.Schema:
    """Schema of `lake/pilotage/<name>/<campagne>.parquet`: the same, then `id_jeune_etude` and `id_mentor_etude` where
    the source holds id_jeune and id_mentor.
    """
    schema = arrow_schema(name)
    for person in ("id_jeune", "id_mentor"):
        if person in schema.names:
            schema = schema.append(pa.field(f"{person}_etude", pa.string()))
    return schema
