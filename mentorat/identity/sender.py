"""`mentorat pseudonymiser`: a sender's file goes from names to level-1 pseudonyms, on the sender's own computer.

In: a CSV (any usual delimiter and encoding) or an XLSX holding first name, family name and birth date of young people,
of mentors, or of both. Out: the same rows in the same order with `id_jeune`, `id_jeune_phon`, `id_jeune_inv`,
`naissance` (AAAA-MM) and `id_mentor`, `id_mentor_phon`, `id_mentor_inv`, every identity column gone, every other column
and the sender's own references kept; a receipt (`.recu.txt`, `.recu.json`) with counts and no value; `passage.csv` (S0)
when there is a NUMANONYM column. No row is dropped: one whose identity is incomplete keeps empty pseudonyms and its
line is named. Rows keep their line numbers.

Standard library only (openpyxl for XLSX), so that it runs from a single file without installation.
`run(argv)` is the whole command; `pseudonymise_file` is what it calls.
"""

import argparse
import hashlib
import io
import itertools
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, TextIO

import mentorat
from mentorat.errors import MentoratError, UsageError
from mentorat.identity.level_one import Kind, LevelOne, first_given, level_one, normalise_name, parse_birth
from mentorat.identity.phonetics import fold, words_of
from mentorat.identity.secret_key import Key, programme_key
from mentorat.identity.sender_columns import FIELDS, WORDS_OF_FIELD, Kept, Options, Plan, columns_of, is_header, plan
from mentorat.identity.sender_files import UNREADABLE, CsvWriter, Refused, Row, Table, Writer, XlsxWriter, read, text_of

LINES_NAMED = 20  # lines named in a sentence; the receipt's JSON names them all


# --- the receipt --------------------------------------------------------------------------------------


@dataclass
class Persons:
    """Pseudonyms made for one kind of person: rows, distinct ones, and lines left without one."""

    pseudonymes: int = 0
    distincts: int = 0
    lignes_incompletes: list[int] = field(default_factory=list)


@dataclass
class Receipt:
    """What was done, in counts: it holds no value of the file, and never the key."""

    version: str
    cle: str
    cle_ancienne: str | None
    sortie: str
    sha256: str = ""
    lignes: int = 0
    lignes_vides: int = 0
    lignes_au_dessus_de_l_entete: int = 0
    jeunes: Persons | None = None
    mentors: Persons | None = None
    colonnes_ajoutees: list[str] = field(default_factory=list)
    colonnes_retirees: list[str] = field(default_factory=list)
    colonnes_gardees: int = 0
    passage_lignes: int | None = None
    passage_lignes_sans_lien: int = 0
    cellules_lues_comme_formules: int = 0
    remarques: list[str] = field(default_factory=list)

    @property
    def personnes(self) -> dict[str, Persons]:
        """Those of the file, by French plural."""
        return {name: p for name, p in (("jeunes", self.jeunes), ("mentors", self.mentors)) if p}

    def en_clair(self) -> str:
        """The receipt in French sentences, one a line."""
        lines = [
            "Reçu de pseudonymisation (ces données restent personnelles : RGPD, article 4, 5°)",
            f"Fichier écrit : {self.sortie} (SHA-256 {self.sha256})",
            f"Clé du programme utilisée : {self.cle} (identifiant, jamais la clé)",
            *([f"Ancienne clé : {self.cle_ancienne} (identifiant)"] if self.cle_ancienne else []),
            f"Lignes de données : {self.lignes} lues, {self.lignes} écrites, dans le même ordre et au même numéro",
        ]
        for name, persons in self.personnes.items():
            lines.append(f"Pseudonymes de {name} : {persons.pseudonymes}, dont {persons.distincts} différents")
            if persons.lignes_incompletes:
                lines.append(
                    f"Sans pseudonyme de {name[:-1]}, identité incomplète : {len(persons.lignes_incompletes)} "
                    f"({lines_named(persons.lignes_incompletes)}). Ces lignes sont gardées ; complétez-les et "
                    "recommencez."
                )
        lines.append(f"Colonnes ajoutées : {', '.join(self.colonnes_ajoutees)}")
        lines.append(f"Colonnes retirées : {', '.join(self.colonnes_retirees) or 'aucune autre'}")
        lines.append(f"Autres colonnes, gardées telles quelles : {self.colonnes_gardees}")
        if self.lignes_au_dessus_de_l_entete:
            lines.append(f"Lignes de titre au-dessus de l'en-tête, vidées : {self.lignes_au_dessus_de_l_entete}")
        if self.passage_lignes is not None:
            lines.append(
                f"Table de passage (passage.csv) : {self.passage_lignes} lignes ; sans NUMANONYM, sans département ou "
                f"sans pseudonyme : {self.passage_lignes_sans_lien}"
            )
        if self.cellules_lues_comme_formules:
            lines.append(
                f"Cellules commençant par = + - ou @ : {self.cellules_lues_comme_formules}, laissées telles quelles ; "
                "un tableur qui ouvre un CSV peut les prendre pour des formules."
            )
        return "\n".join([*lines, *self.remarques]) + "\n"


def lines_named(lines: Sequence[int]) -> str:
    """« lignes 4, 9 » ; the first ones only where there are many."""
    more = " et d'autres" if len(lines) > LINES_NAMED else ""
    return f"{'ligne' if len(lines) == 1 else 'lignes'} {', '.join(map(str, lines[:LINES_NAMED]))}{more}"


# --- the whole file -----------------------------------------------------------------------------------


def long_path(path: str, windows: bool = os.name == "nt") -> str:
    r"""An absolute Windows path in the form without length limit (`\\?\`); others as they are."""
    if not windows or len(path) < 240 or path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path


def _absolute(path: Path) -> Path:
    return Path(long_path(str(path.expanduser().absolute())))


def _outputs(entree: Path, sortie: Path, options: Options) -> None:
    if not entree.is_file():
        raise UsageError(f"Le fichier {entree} n'existe pas.")
    if sortie.exists() and entree.samefile(sortie):
        raise UsageError("La sortie ne peut pas être le fichier d'entrée : donnez un autre nom.")
    if not sortie.parent.is_dir():
        raise UsageError(f"Le dossier {sortie.parent} n'existe pas.")
    if sortie.exists() and not options.remplacer:
        raise UsageError(f"{sortie.name} existe déjà. Donnez un autre nom, ou ajoutez --remplacer.")


def _writer(entree: Path, sortie: Path, target: Path) -> Writer:
    with entree.open("rb") as file:
        xlsx = file.read(4) == b"PK\x03\x04"
    expected = ".xlsx" if xlsx else ".csv"
    if sortie.suffix.lower() != expected:
        raise UsageError(f"Donnez à la sortie un nom qui finit par {expected}, comme l'entrée.")
    return XlsxWriter(target) if xlsx else CsvWriter(target)


class _Person:
    """Pseudonyms of one kind of person, row by row."""

    def __init__(self, kind: Kind, columns: dict[str, int], cle: Key, ancienne: Key | None) -> None:
        self.kind, self.columns, self.counts = kind, columns, Persons()
        self._keys = [cle.secret, *([ancienne.secret] if ancienne else [])]
        self._seen: set[str] = set()
        self._of = lru_cache(maxsize=1 << 16)(self._hashed)

    def _hashed(self, prenom: str, nom: str, naissance: str) -> tuple[list[LevelOne], str] | None:
        born = parse_birth(naissance)
        if born is None or not normalise_name(first_given(prenom)) or not normalise_name(nom):
            return None
        return [level_one(prenom, nom, born, key, self.kind) for key in self._keys], f"{born:%Y-%m}"

    def cells(self, row: Row, line: int) -> list[str]:
        """`id`, `phon`, `inv`, `ant` when there is an old key, month of birth for young people."""
        made = self._of(*(text_of(row[self.columns[champ]]) for champ in FIELDS))
        if made is None:
            self.counts.lignes_incompletes.append(line)
            return [""] * (3 + len(self._keys) - 1 + (self.kind == "jeune"))
        hashes, month = made
        self._seen.add(hashes[0].exact)
        self.counts.pseudonymes += 1
        ids = [hashes[0].exact, hashes[0].phon, hashes[0].inv or "", *(old.exact for old in hashes[1:])]
        return ids + ([month] if self.kind == "jeune" else [])

    def names(self, row: Row) -> frozenset[str]:
        """Words of the first and family names of the row, to be looked for in what is kept; empty when one lacks."""
        first, family = (words_of(fold(text_of(row[self.columns[champ]]))) for champ in ("prenom", "nom"))
        return frozenset(first + family) if first and family else frozenset()

    def closed(self) -> Persons:
        self.counts.distincts = len(self._seen)
        return self.counts


def _data_rows(table: Table, receipt: Receipt) -> Iterator[tuple[int, Row | None]]:
    """(line number, cells of the header's width), None for a blank row between others; blank rows at the end go."""
    width, blank, beyond = len(table.headers), 0, False
    for line, row in enumerate(table.rows, start=table.above + 2):
        if not any(text_of(cell) for cell in row):
            blank += 1
            continue
        if len(row) > width and any(text_of(cell) for cell in row[width:]):
            if isinstance(row, list):  # CSV: a delimiter inside a cell shifts all that follow
                raise Refused(
                    f"La ligne {line} a plus de cellules que l'en-tête ({len(row)} contre {width}) : une cellule "
                    "contient sans doute le séparateur. Mettez-la entre guillemets, ou enregistrez le fichier en XLSX."
                )
            beyond = True
        for before in range(line - blank, line):
            receipt.lignes_vides += 1
            yield before, None
        blank = 0
        yield line, (*row[:width], *itertools.repeat(None, width - len(row)))
    if beyond:
        receipt.remarques.append("Des cellules à droite de la dernière colonne titrée n'ont pas été reprises.")


class _Passage:
    """S0: one row per NUMANONYM and young person."""

    HEADERS = ("departement", "numanonym", "id_jeune", "id_jeune_phon", "id_jeune_inv")

    def __init__(self, plan: Plan, options: Options) -> None:
        if plan.departement is None and options.departement is None:
            raise UsageError(
                "Une colonne NUMANONYM est là, mais aucune colonne de département : ajoutez --departement (par exemple "
                "--departement 59), ou --retirer NUMANONYM si la table de passage n'est pas voulue."
            )
        self._numanonym, self._column, self._departement = plan.numanonym or 0, plan.departement, options.departement
        self.rows: dict[tuple[str, ...], None] = {}
        self.unlinked = 0

    def add(self, row: Row, ids: Sequence[str]) -> None:
        departement = self._departement or (text_of(row[self._column]) if self._column is not None else "")
        numanonym = text_of(row[self._numanonym])
        if departement and numanonym and ids[0]:
            self.rows[(departement, numanonym, *ids[:3])] = None
        else:
            self.unlinked += 1


def pseudonymise_file(entree: Path, sortie: Path, cle: Key, options: Options | None = None) -> Receipt:
    """Write `sortie` (and its receipts, and `passage.csv`) from `entree`; see the module's description.

    Nothing is left behind when it stops. Raises UsageError (exit code 2) for a wrong argument or a choice to make,
    Refused (exit code 1) for a file that can't be read or still holds an identifier once identity columns are gone.
    """
    options = options or Options()
    entree, sortie = _absolute(entree), _absolute(sortie)
    _outputs(entree, sortie, options)
    table = read(entree, lambda cells: is_header(cells, options.colonnes.values()), options.feuille)
    columns = plan(table.headers, options)
    persons = [_Person(kind, at, cle, options.ancienne_cle) for kind, at in columns.identites.items()]
    passage = _Passage(columns, options) if columns.numanonym is not None else None
    s0 = sortie.with_name("passage.csv")
    if passage and s0.exists() and not options.remplacer:
        raise UsageError("passage.csv existe déjà dans ce dossier. Déplacez-le, ou ajoutez --remplacer.")
    receipt = Receipt(
        mentorat.__version__,
        cle.identifiant,
        options.ancienne_cle.identifiant if options.ancienne_cle else None,
        sortie.name,
        lignes_au_dessus_de_l_entete=table.above,
        colonnes_ajoutees=[name for person in persons for name in columns_of(person.kind, options)],
        colonnes_retirees=[table.headers[i] or f"colonne sans titre ({i + 1})" for i in columns.retirees],
        colonnes_gardees=len(columns.gardees),
        remarques=[*table.remarques, *columns.remarques],
    )
    temporary = sortie.with_name(f".{sortie.stem}.en-cours{sortie.suffix}")
    writer = _writer(entree, sortie, temporary)
    try:
        try:
            _write(table, columns, persons, passage, writer=writer, receipt=receipt)
        finally:
            writer.close()
        receipt.sha256 = _sha256(temporary)
        temporary.replace(sortie)
    except UnicodeDecodeError as error:
        raise Refused(UNREADABLE) from error
    finally:
        temporary.unlink(missing_ok=True)
    if passage:
        rows = CsvWriter(s0)
        rows.row(_Passage.HEADERS)
        for row in passage.rows:
            rows.row(row)
        rows.close()
        receipt.passage_lignes, receipt.passage_lignes_sans_lien = len(passage.rows), passage.unlinked
    sortie.with_name(f"{sortie.name}.recu.txt").write_text(receipt.en_clair(), encoding="utf-8-sig")
    content = json.dumps(asdict(receipt), ensure_ascii=False, indent=2)
    sortie.with_name(f"{sortie.name}.recu.json").write_text(content + "\n", encoding="utf-8")
    return receipt


def _write(
    table: Table, columns: Plan, persons: list[_Person], passage: _Passage | None, *, writer: Writer, receipt: Receipt
) -> None:
    kept = Kept(table.headers, columns.gardees)
    header = receipt.colonnes_ajoutees + [table.headers[i] for i in columns.gardees]
    for _ in range(table.above):
        writer.row([""] * len(header))
    writer.row(header)
    for line, row in _data_rows(table, receipt):
        if row is None:
            writer.row([""] * len(header))
            continue
        receipt.lignes += 1
        made = [person.cells(row, line) for person in persons]
        names = [words for person in persons if (words := person.names(row))]
        writer.row([*itertools.chain.from_iterable(made), *kept.take(row, line, names)])
        if passage:
            passage.add(row, made[0])
    receipt.cellules_lues_comme_formules = kept.formulas
    for person in persons:
        setattr(receipt, f"{person.kind}s", person.closed())
    if kept.found:
        where = " ; ".join(f"{what} (colonne « {name} », {lines_named(at)})" for (what, name), at in kept.found.items())
        raise Refused(
            f"Rien n'a été écrit : des colonnes gardées identifient encore quelqu'un : {where}. Corrigez ces cellules, "
            "ou retirez la colonne par --retirer."
        )
    if not any(persons_made.pseudonymes for persons_made in receipt.personnes.values()):
        raise Refused(
            "Rien n'a été écrit : aucune ligne n'a de nom, de prénom et de date de naissance complets (jour, mois, "
            "année)."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the command --------------------------------------------------------------------------------------


class _Formatter(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or "Utilisation : ")


class _Parser(argparse.ArgumentParser):
    """argparse, in French."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            "La commande est mal écrite : il manque un argument, ou une option n'existe pas. Aide : --aide"
        )


def parser(prog: str = "mentorat pseudonymiser") -> argparse.ArgumentParser:
    """The options of the command, described in French."""
    made = _Parser(
        prog=prog,
        usage=f"{prog} ENTREE SORTIE [options]",
        description="Remplacer les identités d'un fichier par des pseudonymes, sur votre propre ordinateur.",
        formatter_class=_Formatter,
        add_help=False,
        allow_abbrev=False,
    )
    files = made.add_argument_group("Fichiers")
    files.add_argument("entree", metavar="ENTREE", type=Path, help="votre fichier CSV ou XLSX, avec les identités")
    files.add_argument("sortie", metavar="SORTIE", type=Path, help="le fichier à écrire, sans identité")
    keys = made.add_argument_group("Clé")
    keys.add_argument("--cle", metavar="FICHIER", type=Path, help="fichier qui contient la clé du programme")
    keys.add_argument("--ancienne-cle", metavar="FICHIER", type=Path, help="clé précédente, l'année d'un changement")
    keys.add_argument("--demonstration", action="store_true", help="accepter une clé de démonstration (essais)")
    columns = made.add_argument_group("Colonnes (trouvées d'elles-mêmes le plus souvent)")
    for person in ("", "-mentor"):
        for champ in ("nom", "prenom", "naissance"):
            whose = "du mentor" if person else "du jeune"
            text = f"titre de la colonne : {WORDS_OF_FIELD[champ]} {whose}"
            columns.add_argument(f"--{champ}{person}", metavar="TITRE", help=text)
    columns.add_argument("--numanonym", metavar="TITRE", help="titre de la colonne du numéro d'anonymat OLINPE")
    columns.add_argument("--personne", choices=("jeune", "mentor"), help="à qui sont les noms quand rien ne le dit")
    columns.add_argument("--garder", metavar="TITRE", action="append", default=[], help="garder cette colonne")
    columns.add_argument("--retirer", metavar="TITRE", action="append", default=[], help="retirer aussi cette colonne")
    others = made.add_argument_group("Autres options")
    others.add_argument("--departement", metavar="CODE", help="département de la table de passage (S0)")
    others.add_argument("--feuille", metavar="NOM", help="feuille du classeur à lire")
    others.add_argument("--remplacer", action="store_true", help="écrire par-dessus une sortie précédente")
    others.add_argument("-h", "--aide", "--help", action="help", help="afficher cette aide")
    return made


def _say(text: str, stream: TextIO) -> None:
    stream.write(text if text.endswith("\n") else text + "\n")


def _pseudonymise(argv: Sequence[str], prog: str) -> Receipt:
    given = parser(prog).parse_args(argv)
    named = {name: value for name in (*FIELDS, *(f"{f}_mentor" for f in FIELDS), "numanonym")
             if (value := getattr(given, name))}  # fmt: skip
    programme = programme_key(given.cle, given.demonstration)
    ancienne = programme_key(given.ancienne_cle, given.demonstration) if given.ancienne_cle else None
    if ancienne == programme:
        raise UsageError("L'ancienne clé et la clé du programme sont identiques : donnez celle d'avant le changement.")
    options = Options(
        named, given.personne, given.feuille, given.departement, tuple(given.garder), tuple(given.retirer),
        ancienne, given.remplacer,
    )  # fmt: skip
    return pseudonymise_file(given.entree, given.sortie, programme, options)


def run(argv: Sequence[str], prog: str = "mentorat pseudonymiser") -> int:
    """The whole command: exit code 0 when the file is written, 1 when it is refused, 2 for a wrong use.

    Says its receipt on the standard output and errors on the standard error, in French, without traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a Windows console may lack a character
    try:
        receipt = _pseudonymise(argv, prog)
    except MentoratError as error:
        _say(f"Erreur : {error}", sys.stderr)
        return error.exit_code
    except PermissionError:
        _say(
            "Erreur : un fichier ne peut pas être lu ou écrit. Fermez-le dans votre tableur, vérifiez vos droits.",
            sys.stderr,
        )
        return UsageError.exit_code
    except OSError:
        _say("Erreur : un fichier ne peut pas être lu ou écrit. Vérifiez le chemin et la place qui reste.", sys.stderr)
        return UsageError.exit_code
    except KeyboardInterrupt:
        _say("Interrompu ; rien n'a été écrit.", sys.stderr)
        return MentoratError.exit_code
    except SystemExit as stop:  # --aide
        return int(stop.code or 0)
    _say(receipt.en_clair(), sys.stdout)
    return 0
