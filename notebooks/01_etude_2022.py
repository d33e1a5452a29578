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
# # L'étude publiée de 2022, relue avec ses intervalles
#
# En 2022, Break Poverty et Koreis ont interrogé 163 jeunes de l'aide sociale à l'enfance accompagnés par un mentor et
# 174 jeunes sans mentor. Les résultats publiés sont des pourcentages arrondis, sans intervalle ni test. Ce carnet les
# reprend un par un et répond à une question simple : **que peut-on en conclure, et que ne peut-on pas en conclure ?**
#
# Il s'adresse à une personne chargée d'évaluation. Chaque chiffre vient de la bibliothèque du projet ; le code de
# chaque tableau se déplie sous lui.

# %% tags=["cache"]
from pathlib import Path

from display import Drawing, p_value, sentences, signed, table

from mentorat.lake import read_parquet
from mentorat.reference import load
from mentorat.settings import Settings
from mentorat.survey.study_2022 import (
    admissible_table,
    compared_items,
    study_sentence,
    under_design_effects,
)
from mentorat.typography import fr_number, fr_percent
from reports.charts import Interval, forest_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
dossier = Path(estimations) if estimations else Settings().estimations(campagne)
etude = read_parquet(dossier / "etude_2022.parquet")
libelles = load("etude_2022").set_index("item")["libelle"]
etude["libelle"] = etude["item"].map(libelles)

# %% [markdown]
# ## L'essentiel
#
# Deux questions seulement ont été posées aux deux groupes et publiées avec leurs pourcentages. Ce sont les seules qui
# permettent une comparaison.

# %%
sentences([study_sentence(ligne, ligne["libelle"]) for _, ligne in compared_items(etude).iterrows()])

# %% [markdown]
# Les autres chiffres n'ont pas de groupe de comparaison : ils disent ce que les jeunes pensent de leur mentorat, ce
# qui est utile, mais pas ce que le mentorat a changé.

# %% [markdown]
# ## Les deux comparaisons
#
# Le trait va d'un bout à l'autre de l'intervalle de confiance à 95 % ; le point est l'écart observé. Un trait qui
# coupe la ligne du zéro veut dire que l'absence d'écart reste compatible avec les réponses.

# %%
comparaisons = compared_items(etude)
Drawing(
    forest_svg(
        [
            Interval(ligne["libelle"], "Écart observé", ligne["ecart_points"], ligne["ic_bas"], ligne["ic_haut"])
            for _, ligne in comparaisons.iterrows()
        ],
        "Écart entre mentorés et non-mentorés, en points",
    ),
    "Écarts entre mentorés et non-mentorés, avec leur intervalle de confiance à 95 %",
    " ".join(study_sentence(ligne, ligne["libelle"]) for _, ligne in comparaisons.iterrows()),
)

# %%
table(
    comparaisons,
    "Les deux questions comparables : effectifs reconstitués, écart, intervalle de Newcombe et tests",
    {
        "libelle": ("Question", str),
        "effectif_mentores": ("Mentorés (sur 163)", fr_number),
        "effectif_non_mentores": ("Non-mentorés (sur 174)", fr_number),
        "ecart_points": ("Écart (points)", signed),
        "ic_bas": ("Borne basse", signed),
        "ic_haut": ("Borne haute", signed),
        "p_chi2": ("p du χ²", p_value),
        "p_fisher": ("p de Fisher", p_value),
        "p_holm": ("p du χ², Holm", p_value),
    },
)

# %% [markdown]
# La colonne « Holm » tient compte de ce que deux questions ont été posées : plus on pose de questions, plus le hasard
# seul finit par donner un écart net.
#
# L'écart sur la projection dans un poste de direction résiste à cette correction. Celui sur la solitude, souvent cité, ne suffit pas à
# conclure : il peut être réel, l'étude est trop petite pour le dire.

# %% [markdown]
# ## Ce que l'arrondi laisse dans l'ombre
#
# Seuls des pourcentages entiers ont été publiés. Plusieurs effectifs donnent le même pourcentage ; le tableau les
# essaie tous. Les conclusions ne changent pas.

# %%
essais = admissible_table(etude)
essais["libelle"] = essais["item"].map(libelles)
table(
    essais,
    "Tous les effectifs compatibles avec les pourcentages publiés",
    {
        "libelle": ("Question", str),
        "effectif_mentores": ("Mentorés", fr_number),
        "effectif_non_mentores": ("Non-mentorés", fr_number),
        "ecart_points": ("Écart (points)", signed),
        "ic_bas": ("Borne basse", signed),
        "ic_haut": ("Borne haute", signed),
        "p": ("p du χ²", p_value),
    },
)

# %% [markdown]
# Reste une hypothèse que rien ne permet de vérifier : la base de chaque question n'est pas publiée. On suppose ici
# que tous les jeunes de chaque groupe ont répondu.

# %% [markdown]
# ## Et si les jeunes d'une même structure se ressemblent ?
#
# Des jeunes accueillis dans un même établissement, ou suivis par une même association, répondent souvent de façon
# proche. Cent réponses valent alors moins que cent réponses indépendantes. L'*effet de plan* mesure cette perte : à 2,
# il faut deux fois plus de réponses pour la même précision. L'étude ne dit rien de ses structures ; voici ce que
# deviendraient ses conclusions.

# %%
plans = under_design_effects(etude)
plans["libelle"] = plans["item"].map(libelles)
table(
    plans,
    "Les mêmes écarts selon l'effet de plan supposé",
    {
        "libelle": ("Question", str),
        "effet_plan": ("Effet de plan", lambda effet: fr_number(effet, 1)),
        "ecart_points": ("Écart (points)", signed),
        "ic_bas": ("Borne basse", signed),
        "ic_haut": ("Borne haute", signed),
        "p": ("p du χ²", p_value),
    },
)

# %% [markdown]
# Avec un effet de plan de 2, valeur courante dans ce type d'enquête, l'écart sur la projection dans un poste de
# direction est à la limite du seuil de 5 %. Un peu plus de ressemblance entre les jeunes d'une même structure, et il
# ne s'en distingue plus. C'est pourquoi une prochaine enquête doit noter la structure de chaque répondant.

# %% [markdown]
# ## Et si les deux groupes différaient au départ ?
#
# On ne sait pas comment les jeunes sans mentor ont été choisis. S'ils différaient des autres avant le mentorat (âge,
# lieu d'accueil, scolarité, envie d'être accompagné), l'écart peut venir de là. La *E-value* dit quelle force il
# faudrait à une telle différence cachée pour expliquer à elle seule l'écart, ou pour ramener son intervalle à zéro.

# %%
table(
    comparaisons,
    "Rapport des risques et E-value : force d'une différence cachée qui expliquerait tout",
    {
        "libelle": ("Question", str),
        "risque_relatif": ("Rapport des parts", lambda valeur: fr_number(valeur, 2)),
        "rr_bas": ("Borne basse", lambda valeur: fr_number(valeur, 2)),
        "rr_haut": ("Borne haute", lambda valeur: fr_number(valeur, 2)),
        "e_value": ("E-value de l'écart", lambda valeur: fr_number(valeur, 2)),
        "e_value_limite": ("E-value de la borne", lambda valeur: fr_number(valeur, 2)),
    },
)

# %% [markdown]
# Une E-value de 1 pour la borne veut dire qu'il n'y a rien à expliquer : l'intervalle contient déjà l'absence
# d'écart. Pour la projection dans un poste de direction, une différence cachée d'une force modérée suffirait à ramener
# l'intervalle jusqu'à zéro.

# %% [markdown]
# ## Satisfaction n'est pas effet
#
# Ces questions n'ont été posées qu'aux jeunes mentorés, ou publiées pour eux seuls. On ne sait pas ce qu'auraient
# répondu des jeunes sans mentor, ni ce qu'auraient répondu les mêmes un an plus tôt.

# %%
table(
    etude[etude["ecart_points"].isna()],
    "Les items publiés sans comparaison",
    {
        "libelle": ("Item", str),
        "pct_mentores": ("Part publiée", lambda part: fr_percent(part / 100, 0)),
        "effectif_mentores": ("Effectif reconstitué", fr_number),
        "n_mentores": ("Base supposée", fr_number),
        "note": ("Remarque", str),
    },
)

# %% [markdown]
# ## Ce qu'on peut conclure, et ce qu'on ne peut pas
#
# **On peut dire**
#
# - que les jeunes mentorés interrogés se voient plus souvent occuper un poste de direction que les jeunes sans mentor
#   interrogés, et que le hasard des réponses n'explique pas seul cet écart si elles sont indépendantes ;
# - que la plupart des jeunes mentorés interrogés disent du bien de leur mentorat.
#
# **On ne peut pas dire**
#
# - que le mentorat réduit la solitude : l'étude est compatible avec une baisse comme avec une absence d'écart ;
# - que le mentorat est la cause de l'un ou l'autre écart : pas de tirage au sort, pas de mesure avant le mentorat, pas
#   d'ajustement sur ce qui distinguait les groupes ;
# - qu'une part de jeunes satisfaits mesure un effet.
#
# **Pour la prochaine enquête** : les mêmes questions posées aux deux groupes, une première vague à l'entrée, la
# structure et l'association de chaque répondant, et des bases publiées question par question.
