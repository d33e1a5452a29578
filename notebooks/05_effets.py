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
# # Ce que change le mentorat : les effets estimés
#
# Ce carnet donne chaque effet estimé, avec son intervalle, la place que lui fait le plan d'analyse, et le **niveau de
# preuve** qu'une règle écrite lui donne. Un effet nul ou défavorable est dit avec les mêmes mots qu'un effet favorable.
#
# Le carnet 04 dit si les jeunes comparés sont comparables ; le carnet 06, si ces résultats résistent à d'autres choix.
# Celui-ci s'adresse à une personne chargée d'évaluation. Il ne lit que des tables déjà passées par le secret
# statistique. Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from functools import partial

from display import Drawing, hundredths, p_value, points, released, sentences, signed, subtitle, table
from IPython.display import display

from mentorat.causal.presentation import (
    agreement,
    comparisons,
    conclusions,
    funnel_sentences,
    grade_table,
    hidden,
    in_points,
    interactions,
    outcomes,
    plan_table,
    refusals,
    side_by_side,
    with_figures,
)
from mentorat.typography import fr_number
from reports.effect_charts import forest_svg, funnel_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
effets, estimateurs, heterogeneite, entonnoir = released(
    estimations, campagne, "effets", "effets_estimateurs", "effets_heterogeneite", "effets_entonnoir"
)
principales = outcomes(effets, "principale")
au_point = partial(points, decimals=0)


def de_rang(rang):
    lignes = effets[effets["role"] == rang]
    return [(comparaison, comparaison.of(lignes)) for comparaison in comparisons(lignes)]


def resultats(rang):
    for comparaison, toutes in de_rang(rang):
        lignes = with_figures(toutes)
        display(subtitle(comparaison.title))
        display(sentences([*refusals(toutes, "libelle", "att"), *hidden(toutes)] or ["Aucune réserve de calcul."]))
        if lignes.empty:
            continue
        display(
            table(
                lignes,
                f"Écarts, en points. {comparaison.title}",
                {
                    "libelle": ("Issue", str),
                    "att": ("Écart ajusté", points),
                    "ic_bas": ("Borne basse à 95 %", points),
                    "ic_haut": ("Borne haute à 95 %", points),
                    "ecart_naif": ("Écart brut", points),
                    "p": ("p", p_value),
                    "p_holm": ("p (Holm)", p_value),
                    "statut": ("Statut", str),
                    "preuve": ("Preuve", str),
                },
            )
        )
        display(
            table(
                lignes,
                f"Sur quoi ils reposent. {comparaison.title}",
                {
                    "libelle": ("Issue", str),
                    "n_mentores": ("Mentorés", fr_number),
                    "n_non_mentores": ("Comparés", fr_number),
                    "n_manquants": ("Sans information", fr_number),
                    "grappes": ("Grappes", fr_number),
                    "grappes_effectives": ("Grappes efficaces", fr_number),
                    "ess": ("Taille efficace", fr_number),
                    "smd_max_apres": ("Plus grande différence standardisée", hundredths),
                },
            )
        )
        titre = f"Écarts ajustés. {comparaison.title}"
        display(Drawing(forest_svg(lignes), titre, in_points(lignes, "libelle", "att")))
    if not de_rang(rang):
        display(sentences(["Aucune issue de ce rang dans cette campagne."]))


def conclure(rang):
    for comparaison, lignes in de_rang(rang):
        display(subtitle(comparaison.title))
        display(sentences(conclusions(lignes)))
    if not de_rang(rang):
        display(sentences(conclusions(effets[:0])))


# %% [markdown]
# ## L'essentiel
#
# Les issues principales du plan, une phrase chacune. La phrase est faite des chiffres, par un modèle unique ; sa force
# est bornée par le niveau de preuve.

# %%
conclure("principale")

# %% [markdown]
# ## Le plan d'analyse
#
# Le plan nomme la population, le traitement (avoir un mentor), les issues, les caractéristiques prises en compte et le
# calcul retenu. Son empreinte change au moindre changement : elle accompagne chaque résultat. Un plan modifié devient
# une nouvelle version datée. **Confirmatoire** : le plan, enregistré à temps, l'annonçait parmi ses issues principales,
# avec ce calcul et ce groupe de comparaison. Tout le reste est **exploratoire** : une piste, non une réponse. Les plans
# sont dans le dossier `notebooks/plans`.

# %%
table(
    plan_table(effets),
    "Le plan suivi",
    {
        "plan": ("Plan", lambda nom: nom or "sans plan"),
        "plan_version": ("Version", str),
        "resultats": ("Résultats", fr_number),
        "confirmatoires": ("Confirmatoires", fr_number),
        "plan_empreinte": ("Empreinte (SHA-256)", str),
    },
)

# %% [markdown]
# ## Les issues principales
#
# L'**écart ajusté** est la différence, en points, entre la part observée chez les mentorés et celle qu'on attendrait
# d'eux sans mentor (dans l'enquête) ou s'ils n'avaient pas commencé ce jour-là (dans les fichiers des départements),
# d'après des jeunes semblables sur ce qui est connu. L'**écart brut** compare les groupes tels qu'ils sont : il n'est là
# que pour mesurer ce que l'ajustement change. **p** est la probabilité de voir un écart au moins aussi grand s'il n'y en
# avait aucun ; il est donné seul, puis corrigé (méthode de Holm) de ce que plusieurs issues sont regardées à la fois. La
# **taille efficace** dit combien de jeunes comparés, de même poids, donneraient autant d'information. Une **grappe**
# réunit des jeunes qui se ressemblent (structure, ou territoire) ; les grappes efficaces sont le nombre de grappes égales
# qui donneraient autant d'information.

# %%
resultats("principale")

# %% [markdown]
# ## Les autres issues
#
# Plus on regarde d'issues, plus l'une d'elles s'écarte de zéro par hasard. Un intervalle qui exclut zéro dans ce
# tableau est une question à poser à la prochaine campagne.

# %%
resultats("secondaire")

# %% [markdown]
# ## Les témoins
#
# Un témoin est une issue que le mentorat ne peut pas avoir changée, par exemple ce qui s'est passé avant lui. Un écart
# sur un témoin dit que les groupes différaient déjà, et met en doute tout le reste.

# %%
resultats("temoin")

# %%
if de_rang("temoin"):
    conclure("temoin")

# %% [markdown]
# ## Le même effet, calculé autrement
#
# Le calcul principal est celui du plan. Les autres reposent sur d'autres suppositions : s'ils s'accordent, l'effet ne
# tient pas au choix du calcul. Ils lisent les mêmes jeunes et ignorent les mêmes choses : leur accord ne dit rien d'une
# différence que personne n'a mesurée. Leurs intervalles sont dans le fichier `effets_estimateurs.csv`.

# %%
estimes = with_figures(estimateurs, "estimation")
for comparaison in comparisons(estimes):
    lignes = side_by_side(comparaison.of(estimes))
    noms = [nom for nom in lignes.columns if nom != "libelle"]
    display(subtitle(comparaison.title))
    display(
        table(
            lignes,
            f"Écart selon le calcul, en points. {comparaison.title}",
            {"libelle": ("Issue", str), **{nom: (nom, signed) for nom in noms}},
        )
    )

# %% [markdown]
# Pour chaque issue principale, avec les réserves de chaque calcul :

# %%
for issue in [issue for issue in principales if len(issue.of(estimes))]:
    lignes = issue.of(estimes)
    display(subtitle(issue.title))
    display(sentences([*agreement(lignes), *refusals(lignes, "libelle_estimateur", "estimation")]))
    display(
        Drawing(
            forest_svg(lignes, label="libelle_estimateur", value="estimation"),
            f"Selon le calcul : {issue.title}",
            in_points(lignes, "libelle_estimateur", "estimation"),
        )
    )

# %% [markdown]
# ## Ce que valent ces résultats
#
# Le niveau de preuve est donné par une règle écrite et datée (`mentorat/causal/preuve.yml`), qui regarde comment les
# jeunes ont été comparés, la ressemblance des groupes, la précision et la tenue aux autres choix. Une enquête à une
# seule vague, sans tirage au sort, ne dépasse jamais « non concluant ».

# %%
table(
    grade_table(effets),
    "Niveaux de preuve, et résultats qui les atteignent",
    {"preuve": ("Preuve", str), "sens": ("Ce que cela veut dire", str), "resultats": ("Résultats", fr_number)},
)

# %% [markdown]
# ## L'effet est-il le même pour tous ?
#
# Un écart par modalité a moins de jeunes, donc un intervalle plus large, et il est arrondi au point. On ne compare pas
# deux intervalles à l'œil : un seul test, sur toutes les modalités à la fois, dit si elles diffèrent. Ces résultats
# sont exploratoires.

# %%
detaillees = heterogeneite[heterogeneite["issue"].isin([issue.issue for issue in principales])]
for comparaison in comparisons(detaillees):
    lignes = comparaison.of(detaillees)
    display(subtitle(comparaison.title))
    display(sentences(interactions(lignes)))
    display(
        table(
            lignes.dropna(subset=["estimation"]),
            f"Écart selon le jeune, en points. {comparaison.title}",
            {
                "modalite": ("Modalité", str),
                "libelle_facteur": ("Selon", str),
                "libelle": ("Issue", str),
                "estimation": ("Écart", au_point),
                "ic_bas": ("Borne basse à 95 %", au_point),
                "ic_haut": ("Borne haute à 95 %", au_point),
                "n_mentores": ("Mentorés", fr_number),
                "n_non_mentores": ("Comparés", fr_number),
            },
        )
    )
    reserves = [*refusals(lignes[lignes["estimation"].isna()], "modalite", "estimation"), *hidden(lignes)]
    display(sentences(reserves or ["Aucune modalité n'est masquée."]))
if detaillees.empty:
    display(sentences(["Aucun sous-groupe à comparer pour les issues principales."]))

# %% [markdown]
# ## D'un département à l'autre
#
# L'écart observé dans un département bouge beaucoup par hasard : moins il y a de jeunes, plus il peut s'éloigner de la
# moyenne. L'entonnoir dessine ce que le hasard seul permettrait. L'écart **rétréci** ramène chaque département vers la
# moyenne, d'autant plus qu'il a peu de jeunes ; il se trompe d'ordinaire moins que l'écart observé, sans mesurer ce que
# fait ce département. **Aucun classement n'en sort**, et aucun rapport départemental ne montre d'effet.

# %%
for issue in outcomes(entonnoir.drop_duplicates(["source", "comparateurs", "issue"])):
    lignes = issue.of(entonnoir)
    dit = funnel_sentences(lignes)
    display(subtitle(issue.title))
    display(sentences([*dit, *hidden(lignes)]))
    display(Drawing(funnel_svg(lignes), f"Entonnoir. {issue.title}", " ".join(dit)))

# %%
if entonnoir.empty:
    display(sentences(["Cette campagne ne permet pas de regarder les départements : aucun écart n'y est estimé."]))

# %% [markdown]
# ## Ce qu'on peut dire, et ce qu'on ne peut pas dire
#
# - **On peut dire** de combien les mentorés diffèrent de jeunes semblables sur ce qui est mesuré, et avec quelle
#   incertitude.
# - **On ne peut pas dire** que le mentorat cause cet écart quand la preuve est « non concluante » ou « descriptive »,
#   même si l'intervalle exclut zéro.
# - **Un écart compatible avec une absence d'effet n'est pas une absence d'effet** : l'intervalle dit jusqu'où l'effet
#   peut aller, dans un sens et dans l'autre.
# - Ces écarts valent pour les jeunes comparés, non pour chaque jeune, ni pour un département.
