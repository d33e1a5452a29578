"""The written trace of one simulated young person, from the events sent to the indicators: `docs/trace.md`.

    python -m benchmarks.trace          # a small demonstration of its own, or MENTORAT_BENCH_TRACE, a data folder

Nothing here knows a rule: each table is read where it stands, by the young person's keys, and its rule is the comment
at the head of its model. The indicators are those whose counts change when the young person's rows are taken out of the
lake and the marts built again.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.entrepot import dbt, receive
from mentorat.contracts.catalogue import catalogue
from mentorat.settings import CHECKOUT, Settings

CAMPAGNE, YOUNG, SEED = 2024, 2_000, 7
PAGE = CHECKOUT / "docs" / "trace.md"
KEYS = ("id_binome", "cle_binome", "id_dossier", "id_personne", "id_population", "numanonym", "id_jeune")
"""Columns that name the young person, the most precise first: a table is read by the first it has."""
STAGES = {
    "Sent: measures (S1), correspondence (S0), dossier (S2), pair (S3), sessions (S4)": (
        "stg_mesures_ase__evenements",
        "stg_passage__correspondances",
        "stg_dossiers_mentorat__dossiers",
        "stg_binomes__binomes",
        "stg_seances__seances",
        "stg_seances_mois__mois",
    ),
    "Who is who": ("stg_identites__personnes", "int_identites_ase", "int_personnes_ase"),
    "Care: spells, places, months": ("int_mesures", "int_periodes", "int_lieux", "trajectoires_mois", "int_situations"),
    "Eligibility": ("int_eligibilites", "int_eligibilite_periodes", "population", "eligibles"),
    "The pair: what both sides say, time and sessions, checks": (
        "int_binomes",
        "int_exposition",
        "int_seances_mois",
        "int_binomes_controles",
    ),
    "The legal chain and its delays": ("chaine_legale", "delais"),
    "The cohort": ("cohorte",),
}
ROWS, HASH = 6, 8
PSEUDONYM = re.compile("[0-9a-f]{32,}")
CHOICE = """
select binomes.id_personne
from int_binomes as binomes
inner join stg_identites__personnes as identites on binomes.id_personne = identites.id_personne
inner join stg_passage__correspondances as passages on identites.id_jeune = passages.id_jeune
where
    binomes.nature = 'mentorat'
    and binomes.est_actif_fin_campagne
    and binomes.est_lance_campagne
    and binomes.id_dossier is not null
    and binomes.id_binome in (select id_binome from stg_seances__seances)
    and binomes.id_dossier in (
        select id_dossier
        from stg_dossiers_mentorat__dossiers
        where date_evaluation is not null and date_convention_individuelle is not null
    )
order by binomes.id_personne
limit 1
"""
"""The first pseudonym linked from S0 to a pair begun in the campagne and running, with whole dossier and sessions."""


class Person:
    """The keys of the young person followed, and the tables that hold them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        (person,) = connection.execute(CHOICE).fetchone() or (None,)
        if person is None:
            raise LookupError("no young person has everything this trace follows: take a larger demonstration")
        self.keys = {"id_personne": [person], "id_population": [person]}
        self._learn("id_jeune", "stg_identites__personnes", "id_personne")
        self._learn("numanonym", "stg_passage__correspondances", "id_jeune")
        self._learn("id_binome", "int_binomes", "id_personne")
        self._learn("id_dossier", "int_binomes", "id_personne")
        self.keys["cle_binome"] = self.keys["id_binome"]

    def _learn(self, key: str, table: str, by: str) -> None:
        query = f"select distinct {key} from {table} where {by} = any($1) and {key} is not null order by 1"
        self.keys[key] = [value for (value,) in self.connection.execute(query, [self.keys[by]]).fetchall()]

    def columns(self, table: str) -> list[str]:
        """Columns of a table; none when it is not built."""
        query = "select column_name from information_schema.columns where table_name = $1 order by ordinal_position"
        return [name for (name,) in self.connection.execute(query, [table]).fetchall()]

    def rows(self, table: str) -> pd.DataFrame | None:
        """The young person's rows in a table, in a settled order; None when the table is not built or not by person."""
        key = next((key for key in KEYS if key in self.columns(table)), None)
        if key is None:
            return None
        query = f"select * from {table} where {key} = any($1) order by all"
        return self.connection.execute(query, [self.keys[key]]).df()


def _shown(value: object) -> str:
    """A value as the page shows it: days without hours, pseudonyms by their first characters."""
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    text = str(value).replace("|", "\\|")
    return f"{text[:HASH]}…" if PSEUDONYM.fullmatch(text) else text


def table(rows: pd.DataFrame) -> Iterator[str]:
    """Lines of a Markdown table, one column a row of data: tables here are wider than long."""
    told = rows.head(ROWS)
    yield "| |" + " |" * len(told)
    yield "|---|" + "---|" * len(told)
    for name in rows.columns:
        cells = [_shown(value) for value in told[name]]
        if any(cells):
            yield f"| {name} | " + " | ".join(cells) + " |"
    if len(rows) > ROWS:
        yield ""
        more = len(rows) - ROWS
        yield f"… and {more} more row{'s' if more > 1 else ''}."


def rule(relation: str) -> str:
    """What a model does, as the comment at the head of its SQL says."""
    (path,) = (CHECKOUT / "dbt_project" / "models").rglob(f"{relation}.sql")
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("{"))
    head = takewhile(lambda line: line.startswith("--"), lines)
    return " ".join(line.removeprefix("--").strip() for line in head)


def without(person: Person, data: Path, apart: Path) -> None:
    """The lake of `data` in `apart`, less the young person's rows."""
    values = [value for values in person.keys.values() for value in values]
    shutil.copytree(data / "lake", apart / "lake", ignore=shutil.ignore_patterns("marts"))
    shutil.copytree(
        data / "depot",
        apart / "depot",
        ignore=lambda _, names: [n for n in names if "." in n and n != "simulation.json"],
    )
    with duckdb.connect() as connection:
        for path in sorted((apart / "lake" / "etude").rglob("*.parquet")):
            names = [c for (c, *_) in connection.execute(f"describe from '{path}'").fetchall()]
            keys = [c for c in names if c.lower() in KEYS]
            if not keys:
                continue
            kept = " and ".join(f"({key} is null or not ({key} = any($1)))" for key in keys)
            aside = path.with_suffix(".reste")
            connection.execute(
                f"copy (select * from '{path}' where {kept}) to '{aside}' (format parquet)",
                [values],
            )
            aside.replace(path)


def counted(data: Path, apart: Path) -> pd.DataFrame:
    """Rows of `indicateurs` whose counts change without the young person, with both counts."""
    key = ["niveau", "code", "periode", "indicateur", "mesure", "ventilation"]
    paths = [Settings(data=folder).marts(CAMPAGNE) / "indicateurs.parquet" for folder in (data, apart)]
    both = pd.read_parquet(paths[0]).merge(pd.read_parquet(paths[1]), on=key, suffixes=("", "_sans"))
    changed = pd.Series(False, index=both.index)
    for name in ("numerateur", "denominateur", "n_manquants"):
        changed |= both[name].fillna(-1) != both[f"{name}_sans"].fillna(-1)
    return both[changed].sort_values(key, ignore_index=True)


def page(person: Person, indicators: pd.DataFrame) -> str:
    """The whole page."""
    lines = [
        "# Trace of one simulated young person",
        "",
        "Simulated data: nobody real is described. Made by `python -m benchmarks.trace`: do not edit.",
        "",
        f"A demonstration of {YOUNG} young people (campagne {CAMPAGNE}, seed {SEED}) was received and its marts built. "
        "The young person is the first, in the order of pseudonyms, whom S0 links to a pair begun in the year and "
        "still running, with a whole dossier and sessions one by one. Each table below holds all that the warehouse "
        f"says of this young person, at most {ROWS} rows shown, one a column; hexadecimal pseudonyms are cut to {HASH} "
        "characters, not the warehouse's own short `id_personne`. "
        "Before each table stands the rule of its model, as the head of its SQL says it. "
        "Codes are those of the [dictionary](dictionnaire.md), in French; what each layer does is in "
        "[the warehouse](warehouse.md).",
    ]
    for title, relations in STAGES.items():
        lines += ["", f"## {title}"]
        for relation in relations:
            rows = person.rows(relation)
            if rows is None:
                continue
            lines += ["", f"### `{relation}`", "", rule(relation), ""]
            lines += table(rows) if len(rows) else ["No row."]
    own = indicators[(indicators["niveau"] == "departement") & (indicators["ventilation"] == "")]
    lines += [
        "",
        "## The indicators this young person counts in",
        "",
        "Found by taking the young person's rows out of the lake and building the marts again: "
        f"{len(indicators)} rows of `indicateurs` change, at all levels, of which {len(own)} for the territory without "
        "breakdown. Counts are with, and without, the young person.",
        "",
        "| indicateur | | mesure | periode | numerateur | denominateur | n_manquants |",
        "|---|---|---|---|---|---|---|",
    ]
    entries = catalogue()
    for row in own.to_dict("records"):
        cells = []
        for name in ("numerateur", "denominateur", "n_manquants"):
            now, then = _shown(row[name]), _shown(row[f"{name}_sans"])
            cells.append(now if now == then else f"{now} ({then})")
        name = entries[row["indicateur"]].libelle
        lines.append(f"| {row['indicateur']} | {name} | {row['mesure']} | {row['periode']} | {' | '.join(cells)} |")
    lines += ["", "What each of them counts, as the catalogue says:", ""]
    for name in dict.fromkeys(own["indicateur"]):
        lines.append(f"- **{name}**: {' '.join(entries[name].definition.split())}")
    return "\n".join(lines) + "\n"


def run() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(os.environ.get("MENTORAT_BENCH_TRACE", Path(temporary) / "donnees"))
        if not Settings(data=data).warehouse.exists():
            from mentorat.simulation import write_demo

            write_demo(Settings(data=data), CAMPAGNE, jeunes=YOUNG, graine=SEED)
            receive(data, CAMPAGNE)
            dbt(data, CAMPAGNE, "seed")
            dbt(data, CAMPAGNE, "run")
        apart = Path(temporary) / "sans"
        with duckdb.connect(str(Settings(data=data).warehouse), read_only=True) as connection:
            person = Person(connection)
            without(person, data, apart)
            dbt(apart, CAMPAGNE, "seed")
            dbt(apart, CAMPAGNE, "run", "--select", "+indicateurs")
            PAGE.write_text(page(person, counted(data, apart)), encoding="utf-8")
    print(f"Trace written to {PAGE.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    run()
