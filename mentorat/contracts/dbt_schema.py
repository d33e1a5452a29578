"""What dbt is told of the sources, from their contracts: columns described, codes tested.

`python -m mentorat.contracts` writes, in `dbt_project/models/staging`:
- `_sources.yml`: each source of the lake, its columns, and the test that finds codes unknown to its contract;
- `_colonnes.md`: one doc block a column, `<source>__<colonne>`, so that no model describes it again;
- in the yml of each staging model, the doc block of every column that comes straight from a contract.
A description that begins with its doc block is left alone: what staging does to the column is told after it.
"""

import json
import re
from pathlib import Path

from mentorat.contracts.sources import Column, Contract, codes_of, contracts
from mentorat.contracts.spoken import codes_in_words, senders
from mentorat.settings import CHECKOUT

STAGING = CHECKOUT / "dbt_project" / "models" / "staging"
BY_HAND = "by hand: python -m mentorat.contracts"
LAKE = "{{ env_var('MENTORAT_LAKE', '../data/lake') }}"
HEADER = f"""\
# Generated from mentorat/contracts/sources, never {BY_HAND}
sources:
  - name: brut
    description: >-
      Raw rows accepted by intake, one Parquet file a source and campagne in lake/etude. Columns and types are those of
      the contracts (mentorat/contracts/sources), with `campagne` and `depose_par`.
    config:
      meta:
        external_location: "read_parquet('{LAKE}/etude/{{name}}/*.parquet', union_by_name = true)"
    tables:
"""
SHARED = {"campagne": "Civil year of the data.", "depose_par": "Sender whose folder held the file."}
"""Columns that intake adds to every source."""
TERRITOIRE = ("departement", "numdep")
"""Names under which a contract gives the territory; staging calls it `territoire`."""


def block(source: str, column: str) -> str:
    """Name of the doc block of a source's column."""
    return f"{source}__{column.lower()}"


def described(column: Column) -> str:
    """What a column holds, in French: label, unit, codes, article, and whether intake recodes it."""
    said = [column.libelle]
    if column.unite:
        said.append(f"Unité : {column.unite}")
    if column.codes:
        said.append(f"{'Liste de codes' if column.type == 'liste' else 'Codes'} : {codes_in_words(column)}")
    if column.article:
        said.append(f"Article {column.article} du CASF")
    if column.rehashed:
        said.append("Recodé à la réception")
    return ". ".join(said) + "."


def doc_blocks() -> str:
    """The page of doc blocks: the columns of every source, then those they share."""
    blocks = SHARED | {
        block(source, column.nom): described(column)
        for source, contract in contracts().items()
        for column in contract.colonnes
    }
    pages = [f"{{% docs {name} %}}\n{text}\n{{% enddocs %}}" for name, text in blocks.items()]
    return "\n\n".join([f"<!-- Generated from mentorat/contracts/sources, never {BY_HAND} -->", *pages]) + "\n"


def known_codes(contract: Contract) -> dict[str, dict[str, list[str] | list[int]]]:
    """Arguments of the test `codes_connus`: the right codes of each coded column, of the elements of each list, and
    what each territory column takes beside the 102 codes.
    """
    places = set(codes_of(Column(nom="territoire", type="departement", libelle="Territoire")))
    found: dict[str, dict[str, list[str] | list[int]]] = {"codes": {}, "listes": {}, "territoires": {}}
    for column in contract.colonnes:
        codes = list(codes_of(column))
        if column.type == "departement":
            found["territoires"][column.nom] = sorted(set(codes) - places)
        elif column.type == "liste" and codes:
            found["listes"][column.nom] = codes
        elif codes:
            found["codes"][column.nom] = [int(code) for code in codes] if column.type == "entier" else codes
    return {kind: columns for kind, columns in found.items() if columns}


def _table(source: str, contract: Contract) -> str:
    number = "" if contract.numero == "—" else f"{contract.numero} · "
    lines = [
        f"      - name: {source}",
        f"        description: {_json(f'{number}{contract.titre}. Source envoyée par {senders(contract)}.')}",
    ]
    if codes := known_codes(contract):
        lines += [
            "        data_tests:",
            "          - codes_connus:",
            f"              name: codes_connus_{source}",
            "              arguments:",
        ]
        for kind, columns in codes.items():
            lines.append(f"                {kind}:")
            lines += [
                f"                  {name}: {json.dumps(values, ensure_ascii=False)}"
                for name, values in columns.items()
            ]
    lines.append("        columns:")
    docs = {column.nom: block(source, column.nom) for column in contract.colonnes} | {name: name for name in SHARED}
    for name, doc in docs.items():
        lines += [f"          - name: {name}", f"            description: {_doc(doc)}"]
    return "\n".join(lines)


def _json(value: object) -> str:
    """A value as JSON writes it, which YAML reads alike."""
    return json.dumps(value, ensure_ascii=False)


def _doc(name: str, after: str = "") -> str:
    return f"\"{{{{ doc('{name}') }}}}{after}\""


def sources_yaml() -> str:
    """`_sources.yml`, every source in the order of its name."""
    return HEADER + "\n".join(_table(source, contract) for source, contract in contracts().items()) + "\n"


def source_of(sql: str) -> str | None:
    """The source a staging model reads, when it reads one that has a contract, and one alone."""
    read = set(re.findall(r"source\('brut', '(\w+)'\)", sql)) & set(contracts())
    return read.pop() if len(read) == 1 else None


def with_doc_blocks(text: str, source: str, sql: str) -> str:
    """The yml of a staging model of `source`, where the columns that its `sql` takes as they are from the contract are
    described by their doc blocks; what was said of their nulls is told after it.
    """
    names = {column.lower(): block(source, column) for column in contracts()[source].noms} | {n: n for n in SHARED}
    place = next((name for name in TERRITOIRE if name in names), None)
    if place:
        names["territoire"] = names[place]

    def mend(found: re.Match[str]) -> str:
        start, column, written = found.groups()
        name = names.get(column)
        made = re.search(rf"(?:\)|\}}\}}|\bend)\s+as\s+{column}\b", sql)
        if name is None or made or written.lstrip("\"'").startswith(f"{{{{ doc('{name}') }}}}"):
            return found[0]
        null = re.search(r"; n(ull [^\"\n]+)", written)
        return f"{start}{_doc(name, f' N{null[1]}' if null else '')}\n"

    pattern = r"(      - name: (\w+)\n        description: )(.+(?:\n {10,}\S.*)*)\n"
    head, separator, columns = text.partition("    columns:\n")
    return head + separator + re.sub(pattern, mend, columns)


def files(staging: Path = STAGING) -> dict[Path, str]:
    """Content of each file of `staging` that is generated or mended, by path."""
    found = {staging / "_sources.yml": sources_yaml(), staging / "_colonnes.md": doc_blocks()}
    for sql in sorted(staging.glob("stg_*.sql")):
        schema, query = sql.with_suffix(".yml"), sql.read_text(encoding="utf-8")
        source = source_of(query)
        if source and schema.exists():
            found[schema] = with_doc_blocks(schema.read_text(encoding="utf-8"), source, query)
    return found
