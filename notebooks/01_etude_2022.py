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
from display import Drawing, hundredths, p_value, released, sentences, signed, table

from mentorat.reference import load
from mentorat.survey.study_2022 import (
    admissible_table,
    compared_items,
    detectable_by_size,
    detectable_in_2022,
    detectable_table,
    sample_needed,
    sample_sentence,
    study_sentence,
    tipping_points,
    tipping_sentence,
    under_design_effects,
)
from mentorat.typography import fr_number, fr_percent
from reports.charts import Interval, Point, curve_svg, forest_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
(etude,) = released(estimations, campagne, "etude_2022")
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

# %%
Drawing(
    forest_svg(
        [
            Interval(
                f"{ligne['libelle']}, effet de plan {fr_number(ligne['effet_plan'], 1)}",
                "Écart observé",
                ligne["ecart_points"],
                ligne["ic_bas"],
                ligne["ic_haut"],
            )
            for _, ligne in plans.iterrows()
        ],
        "Écart entre mentorés et non-mentorés, en points",
    ),
    "Les deux écarts sous trois effets de plan, avec leur intervalle à 95 %",
    "Plus l'effet de plan est grand, plus l'intervalle s'élargit. Celui de la solitude contient zéro dans les trois "
    "cas ; celui du poste de direction touche presque zéro à un effet de plan de 2.",
)

# %% [markdown]
# À quel moment chaque conclusion tombe-t-elle ? L'effet de plan dépend de deux choses : combien de jeunes ont répondu
# dans chaque structure, et à quel point ils se ressemblent. Cette ressemblance (ICC) va de 0, aucune, à 1, tous
# pareils.

# %%
bascules = tipping_points(etude)
bascules["libelle"] = bascules["item"].map(libelles)
sentences([tipping_sentence(ligne, ligne["libelle"]) for _, ligne in bascules.iterrows()])

# %%
table(
    bascules,
    "Effet de plan à partir duquel l'écart ne se distingue plus du hasard, et ressemblance qui le donne",
    {
        "libelle": ("Question", str),
        "effet_plan_bascule": ("Effet de plan de bascule", hundredths),
        "icc_5": ("ICC, 5 par structure", hundredths),
        "icc_10": ("ICC, 10 par structure", hundredths),
        "icc_20": ("ICC, 20 par structure", hundredths),
    },
)

# %% [markdown]
# Un effet de plan inférieur à 1 veut dire que la conclusion n'a jamais tenu : il n'y a alors pas de ressemblance à
# chercher (« n. d. »). Une ressemblance de 0,05 n'a rien de rare entre jeunes d'un même établissement. C'est pourquoi
# une prochaine enquête doit noter la structure de chaque répondant : sans elle, personne ne peut dire de quel côté de
# la bascule se trouve l'étude.

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
        "risque_relatif": ("Rapport des parts", hundredths),
        "rr_bas": ("Borne basse", hundredths),
        "rr_haut": ("Borne haute", hundredths),
        "e_value": ("E-value de l'écart", hundredths),
        "e_value_limite": ("E-value de la borne", hundredths),
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
# ## Combien de jeunes interroger la prochaine fois ?
#
# Une étude trop petite passe à côté d'écarts qui existent. Sa *puissance* est la chance qu'elle a de détecter un
# écart qui existe vraiment ; l'usage en demande 80 sur 100.

# %%
besoins = sample_needed(etude)
besoins["libelle"] = besoins["item"].map(libelles)
sentences(
    [
        sample_sentence(besoins[besoins["item"] == ligne["item"]], ligne, ligne["libelle"])
        for _, ligne in comparaisons.iterrows()
    ]
)

# %%
table(
    besoins,
    "Jeunes à interroger dans chaque groupe pour détecter l'écart de 2022 huit fois sur dix",
    {
        "libelle": ("Question", str),
        "effet_plan": ("Effet de plan", lambda effet: fr_number(effet, 1)),
        "n_par_groupe": ("Jeunes par groupe", fr_number),
        "puissance": ("Puissance en 2022", lambda part: fr_percent(part, 0)),
    },
)

# %% [markdown]
# Ces effectifs supposent que l'écart de 2022 est le vrai. Un écart mesuré sur peu de jeunes est souvent plus grand
# que le vrai : mieux vaut viser l'écart qui compterait pour les jeunes, même plus petit, que celui déjà observé. La
# puissance de 2022 se déduit de p et n'ajoute rien à lui ; elle dit seulement ce qu'une étude de cette taille pouvait
# voir.
#
# La courbe donne le plus petit écart détectable selon le nombre de jeunes interrogés dans chaque groupe, pour une
# réponse donnée par la moitié des non-mentorés, le cas le plus exigeant ou presque.

# %%
courbe = detectable_by_size()
en_2022 = detectable_in_2022(etude)
Drawing(
    curve_svg(
        [
            Point(
                f"Effet de plan {fr_number(ligne['effet_plan'], 1)}",
                ligne["n_par_groupe"],
                ligne["ecart_hausse_points"],
            )
            for _, ligne in courbe.iterrows()
        ],
        "Jeunes interrogés dans chaque groupe",
        "Écart détecté huit fois sur dix, en points",
        [
            Point(f"2022 : {fr_number(ligne['ecart_points'], 1)}", ligne["n_par_groupe"], ligne["ecart_points"])
            for _, ligne in en_2022.iterrows()
        ],
    ),
    "Écart détectable selon le nombre de jeunes interrogés",
    "L'écart détectable diminue de moins en moins vite quand l'effectif augmente. Avec les groupes de 2022, "
    + ", ".join(
        f"il est de {fr_number(ligne['ecart_points'], 1)} points à un effet de plan de {fr_number(ligne['effet_plan'], 1)}"
        for _, ligne in en_2022.iterrows()
    )
    + ".",
)

# %%
table(
    detectable_table(),
    "Écart détecté huit fois sur dix, en points, selon l'effectif de chaque groupe et l'effet de plan",
    {
        "n_par_groupe": ("Jeunes par groupe", fr_number),
        "effet_1.0": ("Effet de plan 1", lambda points: fr_number(points, 1)),
        "effet_1.5": ("Effet de plan 1,5", lambda points: fr_number(points, 1)),
        "effet_2.0": ("Effet de plan 2", lambda points: fr_number(points, 1)),
    },
)

# %% [markdown]
# Interroger plus de structures vaut mieux qu'interroger plus de jeunes dans chacune : c'est le nombre de structures
# qui fait la précision. La commande `mentorat planifier` refait ce calcul avec les hypothèses d'une enquête à venir :
# structures, jeunes qui ne répondront pas, nombre de questions, une ou deux vagues.

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
# **Pour la prochaine enquête** : assez de jeunes pour voir l'écart qui compte, dans beaucoup de structures ; les mêmes
# questions posées aux deux groupes, une première vague à l'entrée, la structure et l'association de chaque répondant,
# et des bases publiées question par question.
