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
# # Ce qui dure : les étapes, les binômes, leurs fins et leurs séances
#
# Entre la proposition d'un mentor et la fin d'un binôme, il se passe du temps. Ce carnet montre **combien de temps
# chaque étape demande, combien de temps les binômes tiennent, pourquoi ils finissent, et à quel rythme on s'y voit**.
#
# Une durée a une difficulté de plus qu'une part : au 31 décembre, beaucoup ne sont pas finies. Les laisser de côté ne
# garderait que les plus courtes ; les compter comme finies les raccourcirait. Les méthodes employées ici se servent de
# chacune jusqu'au dernier jour où le binôme, ou le dossier, a été vu. Une dernière partie regarde
# avec quel diplôme on sort de la protection de l'enfance.
#
# Tous les nombres viennent de tables passées par le secret statistique : des marches de courbe y sont réunies, et ce
# qui manque est dit. Les chiffres portent sur les territoires dont les dossiers permettent de compter, non sur la
# France entière. Le code de chaque tableau se déplie sous lui.

# %% tags=["cache"]
from display import Drawing, released, sentences, table
from IPython.display import display

from mentorat.causal.duration_reading import (
    at_horizons,
    compared_dimensions,
    comparisons,
    coverage,
    curve,
    dose_bands,
    dose_sentences,
    dose_spread,
    opening,
    reasons,
    steps,
)
from mentorat.causal.duration_tables import PAIR_DIMENSIONS, PAIRS, STEP_CURVES
from mentorat.causal.exit_diplomas import diploma_sentences
from mentorat.typography import fr_number, fr_percent
from reports.effect_charts import steps_svg

# %% tags=["parameters"]
estimations = ""
campagne = 2024

# %% tags=["cache"]
courbes, resumes, fins, dose, diplomes = released(
    estimations, campagne, "durees_courbes", "durees_resumes", "durees_fins", "dose", "diplomes_sortie"
)
lus = at_horizons(courbes, resumes)

# %% [markdown]
# ## L'essentiel

# %%
sentences(opening(courbes, resumes))

# %% [markdown]
# ## 1. Combien de temps les binômes tiennent
#
# La courbe part de 100 % et descend chaque fois qu'un binôme finit, au prorata de ceux qui sont encore suivis à ce
# moment-là (*Kaplan-Meier*). Un binôme encore en cours compte jusqu'au dernier jour où on l'a vu. La bande est
# l'intervalle à 95 % : il tient compte de ce que les binômes d'un même territoire se ressemblent. Sous l'axe, le
# nombre de binômes encore suivis : **là où il est petit, la courbe dit peu de chose**.

# %%
ensemble = curve(courbes, PAIRS)
Drawing(
    steps_svg(ensemble, "Binômes encore en cours, en %", rising=False),
    "Part des binômes encore en cours, selon le temps écoulé depuis leur début",
    " ".join(opening(courbes, resumes)[:3]),
) if len(ensemble) else sentences(opening(courbes, resumes)[:1])

# %% [markdown]
# **Ce que la courbe couvre.** Elle n'est pas l'histoire d'une seule promotion de binômes : elle met bout à bout ce que
# l'on a vu de chacun pendant la campagne.

# %%
sentences(coverage(resumes) or ["Aucune réserve particulière pour cette campagne."])

# %% [markdown]
# ## 2. Les mêmes durées, classe par classe
#
# On compare des classes connues **au premier jour du binôme** : un âge ou un accueil lus en fin d'année pourraient être
# la suite du binôme, ou de sa durée. Le test du log-rank demande si toutes finissent au même rythme ; il tient compte
# des territoires, et on le corrige du nombre de comparaisons. **Une différence entre classes ne dit pas sa cause** : les
# jeunes, les associations et les territoires y diffèrent aussi.

# %%
sentences(comparisons(resumes))

# %%
table(
    lus[lus["courbe"].eq(PAIRS) & lus["diffusion"].ne("secret")],
    "Durée des binômes, par classe (intervalles à 95 % entre parenthèses)",
    {
        "groupe": ("Binômes", str),
        "n": ("Suivis", fr_number),
        "evenements": ("Finis", fr_number),
        "mediane_texte": ("La moitié durent encore après", str),
        "a_183": ("En cours à six mois", str),
        "a_365": ("En cours à un an", str),
    },
)

# %%
montrees = compared_dimensions(courbes)
for dimension, nom in montrees.items():
    display(
        Drawing(
            steps_svg(curve(courbes, PAIRS, dimension), "Binômes encore en cours, en %", rising=False),
            f"Binômes encore en cours, selon : {nom.lower()}",
            "Une courbe par classe ; les parts à six mois et à un an sont dans le tableau.",
        )
    )
sentences(
    [f"{nom} : aucune courbe publiée." for dimension, nom in PAIR_DIMENSIONS.items() if dimension not in montrees]
)

# %% [markdown]
# ## 3. Pourquoi les binômes finissent
#
# Un binôme ne finit que d'une façon : celui que le jeune a quitté ne pourra plus atteindre son objectif. On donne donc
# la part **finie par chaque motif, les autres étant possibles** (*Aalen-Johansen*). Compter les autres motifs comme
# des binômes toujours en cours gonflerait chacun d'eux. Quand aucun motif n'est masqué, la dernière colonne et les
# binômes encore en cours à un an font ensemble 100 %. Le motif est celui que l'association a coché. Rien n'est donné à
# deux ans : il faut, pour cela, avoir suivi des binômes deux ans.

# %%
table(
    reasons(fins),
    "Part des binômes finis par chaque motif (intervalles à 95 % entre parenthèses)",
    {
        "groupe": ("Motif", str),
        "a_183": ("À six mois", str),
        "a_365": ("À un an", str),
    },
)

# %% [markdown]
# ## 4. Combien de temps chaque étape demande
#
# De l'évaluation au premier jour du binôme, chaque étape est lue de la même façon : franchie, ou finie autrement
# (refus, arrêt, sortie de l'aide sociale à l'enfance), ou encore ouverte.

# %%
table(
    lus[lus["courbe"].ne(PAIRS)],
    "Délai de chaque étape, dossiers encore ouverts compris",
    {
        "libelle": ("Étape", str),
        "n": ("Dossiers entrés", fr_number),
        "evenements": ("L'ayant franchie", fr_number),
        "mediane_texte": ("La moitié l'ont franchie en", str),
    },
)

# %%
attente = curve(courbes, STEP_CURVES["proposition_lancement"])
Drawing(
    steps_svg(attente, "Propositions ayant conduit à un binôme, en %", rising=True),
    "Part des propositions ayant conduit à un binôme, selon le temps écoulé",
    opening(courbes, resumes)[-1],
) if len(attente) else sentences(opening(courbes, resumes)[-1:])

# %%
table(
    steps(fins),
    "Ce que deviennent les dossiers à chaque étape (intervalles à 95 % entre parenthèses)",
    {
        "libelle": ("Étape", str),
        "groupe": ("Issue", str),
        "jour": ("Jours", fr_number),
        "part": ("Part", str),
    },
)

# %% [markdown]
# ## 5. Plus de séances, des binômes qui tiennent mieux ?
#
# La question est naturelle, et piégée : **un binôme qui dure reçoit plus de séances parce qu'il dure**. On se place
# donc à un repère, six mois après le début. Seuls les binômes encore en cours ce jour-là sont comparés, et seules les
# séances d'avant le repère comptent, sur les mois entiers que l'association a transmis.
#
# Cela ôte le temps acquis aux binômes longs, pas les raisons pour lesquelles certains se voyaient davantage.

# %%
sentences(dose_sentences(dose))

# %%
table(
    dose_bands(dose),
    "Binômes en cours au repère, selon les séances par mois reçues avant",
    {
        "tranche": ("Séances par mois", str),
        "n": ("Binômes", fr_number),
        "x": ("Encore en cours à un an", fr_number),
        "part": ("Part observée", fr_percent),
        "ecart": ("Écart, à sexe, âge, accueil et modalité égaux", str),
    },
)

# %% [markdown]
# L'issue est ici la tenue du binôme, la seule que les fichiers d'une campagne donnent à un an. Elle ne dit rien de ce
# que le jeune en retire : l'assiduité scolaire et la suite du parcours attendent les campagnes suivantes.

# %%
rythme = dose_spread(dose)
table(
    rythme,
    "Rythme des séances avant le repère, par classe : part des binômes dans chaque tranche de séances par mois",
    {"groupe": ("Binômes", str), "n": ("Au repère", fr_number)}
    | {
        nom: (nom[:1].upper() + nom[1:], fr_percent)
        for nom in rythme.columns
        if nom not in ("dimension", "groupe", "n")
    },
)

# %% [markdown]
# ## 6. Avec quel diplôme on sort de la protection de l'enfance
#
# À la fin d'une prise en charge, OLINPE demande le dernier diplôme obtenu ; il n'est pas toujours dit. On compte ici
# les jeunes sortis dans l'année à 16 ans ou plus, une fin de mesure ayant été transmise : un départ vers un territoire
# qui n'a rien transmis y ressemble à une sortie. Le diplôme retenu est le dernier connu, au besoin celui qu'une mesure
# finie plus tôt avait donné.
#
# Faute de savoir pour tous, on donne **deux bornes** : la part des diplômés (brevet ou plus) si aucun des diplômes
# inconnus n'existe, et celle qu'on aurait s'ils existaient tous. La vraie part est entre les deux **sans rien supposer
# de ceux qu'on ne connaît pas**, si les diplômes transmis sont exacts.

# %%
sentences(diploma_sentences(diplomes))

# %%
table(
    diplomes[diplomes["sorties"].notna()],
    "Jeunes sortis à 16 ans ou plus, et part de diplômés (brevet ou plus)",
    {
        "libelle": ("Jeunes", str),
        "sorties": ("Sortis", fr_number),
        "connus": ("Diplôme connu", fr_number),
        "part_diplomes": ("Diplômés parmi les connus", fr_percent),
        "borne_basse": ("Parmi tous, au moins", fr_percent),
        "borne_haute": ("Parmi tous, au plus", fr_percent),
    },
)

# %% [markdown]
# **Ce que ce tableau ne prouve pas.** Un mentor se propose à des jeunes qui restent assez longtemps pour le rencontrer,
# et un diplôme vient avec l'âge : les groupes différeraient même si le mentorat ne changeait rien. Un binôme commencé
# la veille de la sortie compte comme un autre, et le diplôme peut l'avoir précédé. Les bornes ne couvrent que les
# diplômes inconnus, pas ces différences.

# %% [markdown] tags=["simulation"]
# ## À propos de la simulation
#
# Dans un dépôt simulé, les binômes commencés dans l'année ne finissent pas avant son terme, et ceux de l'année d'avant
# ne sont suivis qu'à partir du premier fichier : la chute de la courbe après quelques mois vient des seconds. Aucune
# dose n'y agit : un écart entre tranches n'y serait que du hasard. Les diplômes de sortie y sont tirés sans égard au
# mentorat : ils ne disent rien de vrais jeunes.

# %% [markdown]
# ## Ce qu'on peut dire, et ce qu'on ne peut pas dire
#
# **On peut dire** combien de temps les binômes tiennent et les étapes demandent, dans les territoires dont les fichiers
# le permettent, à l'intervalle près, **si les binômes commencés à des moments différents se ressemblent**.
#
# **On ne peut pas dire** qu'une modalité, un accueil ou un rythme de séances *fait* tenir les binômes : rien n'a été
# tiré au sort, et ceux qui tiennent diffèrent des autres. On ne peut pas dire non plus qu'un mentor donne, ou ôte, un
# diplôme.
