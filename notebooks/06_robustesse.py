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
# # Ces résultats tiennent-ils ?
#
# Un effet estimé dépend de choix, et d'une supposition qu'aucun calcul ne vérifie : qu'à caractéristiques connues
# égales, mentorés et non-mentorés ne diffèrent plus. Ce carnet cherche **ce qui suffirait à renverser chaque
# résultat** : une caractéristique non mesurée, un autre calcul, le hasard, les réponses manquantes.
#
# Aucune de ces analyses ne prouve un effet ; chacune peut en défaire un. Il ne lit que des tables déjà passées par le
# secret statistique. Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from display import Drawing, hundredths, p_value, points, released, sentences, subtitle, table
from IPython.display import display

from mentorat.causal.effect_tables import PLACEBOS
from mentorat.causal.presentation import (
    CHANCE,
    HIDDEN_FACTOR,
    MISSING,
    comparisons,
    curve_sentences,
    outcomes,
    readings_by_outcome,
    with_figures,
)
from mentorat.typography import fr_number, fr_percent
from reports.effect_charts import specification_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
effets, robustesse, courbe, courbe_test = released(
    estimations, campagne, "effets", "effets_robustesse", "effets_courbe", "effets_courbe_test"
)
CHOIX = {
    "positif": "réponse positive ou non",
    "score": "échelle entière",
    "sans_mna": "sans les jeunes non accompagnés",
    "sans_handicap": "sans les jeunes au handicap reconnu",
    "sans_redoublement": "sans les redoublants",
    "sans parcours": "parcours laissé de côté",
    "sans scolarite": "scolarité laissée de côté",
    "sans sante": "santé laissée de côté",
    "sans mna": "« non accompagné » laissé de côté",
}


def lectures(analyses):
    dites = readings_by_outcome(effets, robustesse, analyses)
    for titre, lectures_faites in dites:
        display(subtitle(titre))
        display(sentences(lectures_faites))
    if not dites:
        display(sentences(["Aucune analyse de ce genre n'a pu être faite dans cette campagne, ou elle est masquée."]))


# %% [markdown]
# ## Un facteur que personne n'a mesuré
#
# L'envie d'être aidé, le soutien d'un éducateur, l'entourage : ce que les fichiers ne disent pas peut à la fois
# conduire à un mentor et changer l'issue. On ne peut pas l'exclure ; on peut dire **combien fort** il devrait être.
#
# - La **valeur E** : de combien ce facteur devrait multiplier à la fois la chance d'être mentoré et celle de l'issue
#   pour expliquer tout l'écart. Proche de 1, un facteur très faible y suffirait. Celle de la limite dit ce qui suffirait
#   pour que l'intervalle contienne zéro ; elle vaut 1 quand il le contient déjà.
# - La **valeur de robustesse** : quelle part de ce qui reste inexpliqué il devrait expliquer, des deux côtés. On la
#   compare à une caractéristique connue, comme l'âge : un facteur aussi fort suffirait-il ?
# - Le **Γ de Rosenbaum** : de deux jeunes appariés, de combien il devrait multiplier la chance relative d'être celui qui
#   a un mentor.

# %%
estimes = with_figures(effets)
for comparaison in comparisons(estimes):
    display(
        table(
            comparaison.of(estimes),
            f"Ce qu'il faudrait pour expliquer l'écart. {comparaison.title}",
            {
                "libelle": ("Issue", str),
                "att": ("Écart ajusté (points)", points),
                "evalue": ("Valeur E", hundredths),
                "evalue_limite": ("Valeur E de la limite", hundredths),
                "valeur_robustesse": ("Valeur de robustesse", fr_percent),
            },
        )
    )

# %% [markdown]
# Pour chaque issue où l'analyse est faite :

# %%
lectures(HIDDEN_FACTOR)

# %% [markdown]
# ## D'autres choix
#
# Une autre personne, tout aussi compétente, aurait pu retenir d'autres caractéristiques, un autre calcul, une autre
# façon de lire la réponse. La **courbe des spécifications** fait tous les calculs que le plan admet, et les range. Les
# traits du bas disent de quels choix est fait chaque calcul. Ces calculs se ressemblent beaucoup : qu'ils aillent
# tous dans le même sens n'est pas une somme de preuves.
#
# Le **test d'ensemble** redistribue le mentorat au hasard, autant de fois qu'indiqué, et refait toute la courbe : il
# dit si une courbe aussi éloignée de zéro arriverait sans effet. Il n'écarte que le hasard, pas une différence de
# départ entre les groupes. Il n'est fait que pour les issues principales (« n. d. » pour les autres).

# %%
for comparaison in comparisons(effets):
    lignes = comparaison.of(effets)
    if lignes["specifications"].fillna(0).gt(0).any():
        display(
            table(
                lignes,
                f"La courbe de chaque issue. {comparaison.title}",
                {
                    "libelle": ("Issue", str),
                    "specifications": ("Calculs", fr_number),
                    "part_meme_signe": ("Dans le sens du calcul principal", fr_percent),
                    "part_exclut_zero": ("Dont excluant zéro", fr_percent),
                    "p_courbe": ("p de l'ensemble", p_value),
                },
            )
        )

# %%
for issue in outcomes(effets, "principale"):
    lignes = issue.of(courbe)
    if len(lignes):
        dit = curve_sentences(issue.of(courbe_test))
        display(subtitle(issue.title))
        display(sentences(dit))
        display(Drawing(specification_svg(lignes, labels=CHOIX), f"Spécifications. {issue.title}", " ".join(dit)))

# %% [markdown]
# ## Ce que le mentorat n'a pas pu changer
#
# Sur une issue ou à une date où le mentorat ne peut rien avoir fait, l'écart devrait être nul. S'il ne l'est pas, la
# méthode trouve une différence là où il n'y a pas d'effet. S'il l'est, cela ne rassure que si l'intervalle est étroit.

# %%
lectures(PLACEBOS)

# %% [markdown]
# ## Le hasard, avec peu de grappes
#
# Les jeunes d'une même structure ou d'un même territoire se ressemblent. Avec peu de structures, une marge d'erreur
# calculée comme si les jeunes étaient indépendants est trop étroite. Deux autres façons de mesurer le hasard sont
# mises en regard de la première : le **bootstrap sauvage** refait le calcul en supposant l'effet nul, le signe des écarts
# de chaque grappe étant changé au hasard ; l'autre tire de nouveau au sort qui aurait eu un mentor.

# %%
lectures(CHANCE)

# %% [markdown]
# ## Ceux dont on ne sait rien
#
# Un jeune qui n'a pas répondu, ou qu'on ne suit plus, n'est pas un jeune semblable aux autres. Ces calculs complètent
# ce qui manque, ou disent jusqu'où les absents pourraient déplacer le résultat.

# %%
lectures(MISSING)

# %% [markdown]
# ## Ce qu'il faut retenir
#
# - Un résultat fragile à **une seule** de ces épreuves est fragile.
# - Résister à toutes ne prouve pas un effet : elles partagent les mêmes données et les mêmes oublis.
# - Seul un tirage au sort répondrait à ce que ces analyses laissent ouvert ; une seconde vague d'enquête y aiderait.
