# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # L'enquête de la campagne, du fichier au résultat
#
# Ce carnet suit les réponses des jeunes, des mentors et des professionnels depuis les fichiers déposés jusqu'aux
# pourcentages publiés : qui a répondu, comment les réponses sont pondérées, ce qu'elles disent, avec quelle précision,
# et ce que le secret statistique retire.
#
# Il s'adresse à une personne chargée d'évaluation. Il ne lit que des tables déjà passées par le secret statistique.
# Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from pathlib import Path

from display import Drawing, sentences, table

from mentorat.lake import read_parquet
from mentorat.settings import Settings
from mentorat.survey.presentation import (
    by_domain,
    distribution_in_words,
    distributions,
    item_sentence,
    positive_answers,
)
from mentorat.survey.questionnaire import questionnaire
from mentorat.survey.response_rates import with_rates
from mentorat.survey.survey_results import against_truth
from mentorat.typography import fr_number, fr_percent
from reports.charts import Likert, likert_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
dossier = Path(estimations) if estimations else Settings().estimations(campagne)
resultats = read_parquet(dossier / "enquete_resultats.parquet")
taux = with_rates(read_parquet(dossier / "enquete_taux_reponse.parquet"))
ponderation = read_parquet(dossier / "enquete_ponderation.parquet")
verite = read_parquet(dossier / "enquete_verite.parquet")
groupes = dict(questionnaire().groupes)
vague = int(resultats["vague"].max()) if len(resultats) else 1


def de_groupe(lignes):
    return lignes.assign(groupe=lignes["groupe"].map(groupes))


def poids(valeur):
    return fr_number(valeur, 2)


def likert(groupe, titre, echelle="accord"):
    trouve = distributions(resultats, groupe, vague, echelle)
    if not trouve:
        return sentences([f"{groupes[groupe]} : aucune réponse reçue pour cette campagne."])
    codes = questionnaire().echelles[echelle]
    reponses = list(trouve[0].item.codes.values())
    neutre = list(trouve[0].item.codes).index(codes.neutre) if codes.neutre else None
    barres = [Likert(un.item.libelle, un.shares) for un in trouve]
    svg = likert_svg(barres, reponses, neutre, "part des réponses, de part et d'autre de la réponse du milieu")
    return Drawing(svg, titre, distribution_in_words(trouve))


# %% [markdown]
# ## Qui a répondu
#
# Un taux de réponse se calcule sur les personnes invitées, que liste l'échantillon de tirage. Sans échantillon, il
# n'est pas calculable, et les réponses ne valent que pour ceux qui ont répondu.

# %%
ensemble = taux[(taux["association"] == "ensemble") & (taux["departement"] == "ensemble")]
table(
    de_groupe(ensemble),
    "Invitations et réponses",
    {
        "groupe": ("Groupe", str),
        "vague": ("Vague", str),
        "invites": ("Invités", fr_number),
        "repondants": ("Répondants", fr_number),
        "taux": ("Taux de réponse", fr_percent),
        "reponses_recues": ("Réponses reçues", fr_number),
        "reponses_hors_echantillon": ("Hors échantillon", fr_number),
    },
)

# %%
sentences(
    [
        f"{ligne['groupe']} : {ligne['avertissements']}"
        for _, ligne in de_groupe(ensemble).iterrows()
        if ligne["avertissements"]
    ]
)

# %% [markdown]
# Le taux varie d'une association à l'autre. Une association qui répond moins pèse moins : c'est l'une des raisons de
# pondérer.

# %%
table(
    taux[(taux["association"] != "ensemble") & (taux["groupe"] == "mentores")],
    "Taux de réponse des jeunes mentorés, par association",
    {
        "association": ("Association", str),
        "invites": ("Invités", fr_number),
        "repondants": ("Répondants", fr_number),
        "taux": ("Taux de réponse", fr_percent),
    },
)

# %% [markdown]
# ## Comment les réponses sont pondérées
#
# Un poids dit combien de jeunes représente un répondant. Le premier vient du tirage ; le deuxième compense, dans
# chaque strate, ceux qui n'ont pas répondu ; le dernier, pour les seuls non-mentorés, ramène l'âge, le sexe, le type
# d'accueil et la région à ce que disent les fichiers de l'ASE. Les mentorés ne sont pas calés : les marges connues
# sont celles de tous les jeunes confiés, qu'ils ne représentent pas.
#
# Des poids inégaux coûtent de la précision : la taille efficace dit combien de réponses de même poids donneraient
# autant d'information.

# %%
table(
    de_groupe(ponderation),
    "Poids après chaque étape",
    {
        "groupe": ("Groupe", str),
        "etape": ("Pondération", str),
        "n": ("Répondants", fr_number),
        "somme": ("Somme des poids", fr_number),
        "poids_min": ("Plus petit", poids),
        "poids_max": ("Plus grand", poids),
        "ess": ("Taille efficace", fr_number),
    },
)

# %%
sentences(
    [
        f"{ligne['groupe']} : {ligne['remarques']}"
        for _, ligne in de_groupe(ponderation).iterrows()
        if ligne["remarques"]
    ]
)

# %% [markdown]
# ## Ce que répondent les jeunes mentorés
#
# Chaque barre est une question. À droite du trait, l'accord ; à gauche, le désaccord ; la réponse du milieu est à
# cheval. Une question posée aux seuls mentorés dit une **satisfaction**, pas un effet du mentorat.

# %%
likert("mentores", "Réponses des jeunes mentorés aux questions d'accord")

# %% [markdown]
# ## Ce que répondent les jeunes non mentorés

# %%
likert("non_mentores", "Réponses des jeunes non mentorés aux questions d'accord")

# %% [markdown]
# Les deux groupes ne se ressemblent pas au départ : la différence entre leurs réponses n'est pas l'effet du mentorat.
# L'écart ajusté est dans le rapport national, avec ses précautions.

# %% [markdown]
# ## Toutes les questions, avec leur intervalle
#
# L'intervalle de confiance tient compte des poids et de ce que les jeunes d'une même structure se ressemblent.
# L'effet de plan mesure cette perte : à 1,2, il faut 20 % de réponses en plus pour la même précision. Un intervalle
# n'est jamais plus étroit que si les réponses étaient indépendantes.

# %%
positives = positive_answers(resultats, vague)
parts = positives[positives["mesure"] == "part_positive"]
table(
    parts,
    "Part des réponses positives",
    {
        "libelle": ("Question", str),
        "qui": ("Groupe", str),
        "estimation": ("Part", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "n": ("Réponses", fr_number),
        "n_manquants": ("Sans réponse", fr_number),
        "deff": ("Effet de plan", poids),
    },
)

# %%
table(
    positives[positives["mesure"] == "moyenne"],
    "Moyennes",
    {
        "libelle": ("Question", str),
        "qui": ("Groupe", str),
        "estimation": ("Moyenne", poids),
        "ic_bas": ("Borne basse", poids),
        "ic_haut": ("Borne haute", poids),
        "n": ("Réponses", fr_number),
    },
)

# %% [markdown]
# ## Selon l'âge
#
# Un sous-groupe a moins de réponses, donc un intervalle plus large. Les cases trop petites sont masquées, avec ce
# qu'il faut pour que leur total ne les redonne pas.

# %%
table(
    by_domain(resultats, "se_sent_seul", "mentores", vague, "tranche_age"),
    "Jeunes mentorés qui disent se sentir seuls, selon l'âge",
    {
        "domaine": ("Âge", str),
        "estimation": ("Part", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "n": ("Réponses", fr_number),
    },
)

# %% [markdown]
# ## Ce que répondent les mentors

# %%
likert("mentors", "Réponses des mentors")

# %% [markdown]
# ## Ce que répondent les professionnels
#
# « Faire double emploi » est une crainte : ici, c'est le désaccord qui est favorable au mentorat.

# %%
likert("professionnels", "Réponses des professionnels")

# %% [markdown]
# ## Les indicateurs inspirés du socle commun
#
# La liste de huit du Collectif Mentorat n'est pas publique : les libellés sont les nôtres. « Notes et organisation »
# n'est lu que dans la moyenne générale, aucune question ne porte sur l'organisation.

# %%
codes = questionnaire()
socle = {core.item: core.libelle for core in codes.socle.values()}
retenus = positives[
    positives["item"].isin(socle)
    & ((positives["mesure"] == "part_positive") | (positives["item"] == "moyenne_generale"))
    & positives["groupe"].isin(["mentores", "professionnels"])
]
sentences(
    [
        f"{socle[ligne['item']]}. {item_sentence(ligne)}"
        for _, ligne in retenus[retenus["mesure"] == "part_positive"].iterrows()
    ]
)

# %% [markdown]
# ## Retrouve-t-on la vérité ?
#
# Quand les données sont simulées, on sait ce que l'enquête devait trouver : la chance d'une réponse positive donnée à
# chaque répondant. Le tableau la met en regard de l'estimation. Un intervalle à 95 % manque la vérité une fois sur
# vingt environ : quelques « non » sont attendus. Un tableau vide veut dire que rien n'est simulé. Une seule campagne
# simulée est un exemple, pas une preuve.

# %%
table(
    de_groupe(against_truth(resultats, verite)),
    "Estimation et vérité simulée",
    {
        "libelle": ("Question", str),
        "groupe": ("Groupe", str),
        "estimation": ("Estimation", fr_percent),
        "ic_bas": ("Borne basse", fr_percent),
        "ic_haut": ("Borne haute", fr_percent),
        "part_vraie": ("Vérité simulée", fr_percent),
        "retrouve": ("Dans l'intervalle", lambda oui: "oui" if oui else "non"),
    },
)

# %% [markdown]
# ## Ce qu'il faut retenir
#
# - Les pourcentages sont pondérés quand un échantillon le permet ; sinon, ils ne valent que pour les répondants.
# - L'intervalle dit l'incertitude du tirage, pas celle des absents : ceux qui n'ont pas répondu peuvent différer.
# - Une réponse des seuls mentorés est une satisfaction. Une différence entre groupes n'est pas un effet.
