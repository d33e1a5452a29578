"""What a contract says, in French words: shared by the templates, the dictionary and the Table Schemas."""

from hashlib import sha256

from mentorat.contracts.sources import Column, Contract, codes_of

KINDS = {
    "collectivite": "les collectivités chargées de l'ASE",
    "association": "les associations",
    "evaluateur": "les évaluateurs",
    "etat": "les services de l'État",
}
TYPES = {
    "texte": "un texte court, sans nom ni coordonnées",
    "code": "un code de la liste",
    "liste": "un ou plusieurs éléments séparés par « | »",
    "mois": "un mois, AAAA-MM",
    "departement": "le code d'un département",
    "reference": "une référence propre à l'émetteur, qui ne nomme personne",
    "association": "le nom ou le code de l'association",
    "entier": "un nombre entier",
    "decimal": "un nombre, décimales admises",
    "date": "une date, AAAA-MM-JJ ou JJ/MM/AAAA",
    "booleen": "oui ou non",
}
TIMINGS = {"fixe": "fixe", "avant": "avant le mentorat", "apres": "après le début du mentorat"}
DATES = {"date", "mois"}


def example_of(column: Column) -> str:
    """A right value of the column, canonical; empty where the example leaves the cell blank.

    Raises ValueError where neither the contract nor the type gives one.
    """
    if column.exemple is not None:
        return column.exemple
    if column.type == "pseudonyme":
        return sha256(f"exemple {column.nom}".encode()).hexdigest()[: column.longueur]
    if column.codes:
        return next(iter(column.codes))
    if column.type == "booleen":
        return "oui"
    raise ValueError(f"{column.nom}: no example")


def example(contract: Contract) -> dict[str, str]:
    """One right row of the source, canonical text by column, that belongs to campagne 2024."""
    return {column.nom: example_of(column) for column in contract.colonnes}


def expected(column: Column) -> str:
    """What a cell of the column holds."""
    if column.type == "pseudonyme":
        return f"un pseudonyme de {column.longueur} caractères (chiffres, et lettres de a à f)"
    words = TYPES[column.type]
    if column.elements:
        words += " (associations)" if column.elements == "association" else " (codes de département)"
    if column.bornes and not column.codes:
        words += ", de " + " à ".join(
            f"{bound:.10f}".rstrip("0").rstrip(".").replace(".", ",") for bound in column.bornes
        )
    if column.repli is not None:
        words += f" ; tout autre mot est lu « {column.repli} »"
    if column.defaut is not None:
        words += f" ; {column.defaut} par défaut"
    return words


def presence(column: Column, contract: Contract) -> str:
    """How far the column is asked for."""
    if column.nom in contract.cle_obligatoire:
        return "indispensable"
    return "attendue" if column.obligatoire else "facultative"


def keeping(column: Column) -> str:
    """What becomes of the value at reception."""
    if column.rehashed:
        return "recodée à la réception"
    if column.sensibilite == "sensible":
        return "conservée telle quelle (donnée sensible)"
    return "conservée telle quelle"


def codes_in_words(column: Column) -> str:
    """« code = libellé » of each code; territories, which are a hundred, are not listed."""
    return " ; ".join(code if code == label else f"{code} = {label}" for code, label in column.codes.items())


def senders(contract: Contract) -> str:
    """Who sends the source."""
    return ", ".join(KINDS[kind] for kind in contract.emetteurs)


def belonging(contract: Contract) -> str:
    """Which rows belong to a campagne, as the end of a sentence."""
    rule = contract.rattachement
    dates = " ou ".join(rule.dates)
    if rule.type == "evenement":
        return f"celles dont {dates} tombe dans l'année de la campagne"
    if rule.type == "annee":
        return f"celles dont {rule.annee} est l'année de la campagne"
    if rule.type == "stock":
        return (
            "ce qui a commencé au plus tard le 31 décembre de la campagne et n'était pas fini avant le 1er janvier de "
            "la même année"
        )
    if dates:
        return (
            f"tout ce qui est daté ({dates}) au plus tard du 31 décembre de la campagne, années antérieures comprises"
        )
    return "toutes celles qui sont connues à la date de l'envoi"


def set_aside(contract: Contract) -> list[tuple[str, str]]:
    """(what sets a row aside, how to mend it) for the source, in French; nothing else does."""
    needed = ", ".join(contract.cle_obligatoire)
    found = [(f"Une cellule vide dans {needed}.", "Renseignez-la : elle sert à reconnaître la ligne.")]
    if any(codes_of(column) and column.repli is None for column in contract.colonnes):
        found.append(
            ("Un code qui n'est pas dans la liste.", "Choisissez un code ou un libellé de la feuille « Codes ».")
        )
    if any(column.type in DATES for column in contract.colonnes):
        found.append(("Une date illisible ou impossible.", "Écrivez AAAA-MM-JJ ou JJ/MM/AAAA."))
    if any(column.bornes for column in contract.colonnes):
        found.append(("Un nombre illisible ou hors des bornes.", "Écrivez-le en chiffres, dans les bornes indiquées."))
    if any(column.type == "pseudonyme" for column in contract.colonnes):
        found.append(("Un pseudonyme mal formé.", "Recalculez-le avec « mentorat pseudonymiser »."))
    found += [(rule.motif, rule.remede) for rule in contract.regles]
    found.append(
        (
            f"Plusieurs lignes de même clé ({', '.join(contract.cle)}) et de contenus différents.",
            "Ne gardez que la ligne juste, ou corrigez la clé des autres.",
        )
    )
    if contract.rattachement.type not in ("libre", "histoire") or contract.rattachement.dates:
        found.append(("Une ligne d'une autre campagne.", f"Lignes à déposer : {belonging(contract)}."))
    return found
