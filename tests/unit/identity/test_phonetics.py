"""Names heard alike get one code; names that twins bear do not. The lists hold name tokens, nobody's name."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorat.identity.phonetics import RULES, fold, phonetic

HEARD_ALIKE = {
    "accents, case, hyphens, double first names": """
        Jean-Pierre Jeanpierre JEAN_PIERRE Jean-Piérre
        Marie-Hélène Marie_Helene Mariehélène
        Anne-Sophie Annesophie Anne_Sofie
        Loïc Loic Loick LOIK
        Noël Noel Noëlle
        Chloé Chloe Cloé Kloé
        Zoé Zoe ZOÉ
        René Renée Rene
        Cœur Coeur
    """,
    "particles and apostrophes": """
        De_la_Tour Delatour De_La_Tour de-la-Tour
        D'Alembert Dalembert D’Alembert D_Alembert
        Le_Goff Legoff LeGoff
        Du_Bois Dubois
        Da_Silva DaSilva Dasilva
        Van_den_Berg Vandenberg
        El_Amrani Elamrani Al_Amrani
        Ben_Salah Bensalah Bin_Salah Ibn_Salah
        Ould_Salem Ouldsalem
        Saint-Martin St_Martin Saint_Martin
        N'Diaye Ndiaye NDiaye
        N'Guyen Nguyen
        M'Baye Mbaye
    """,
    "PH and F": "Philippe Filippe Phillippe\nSophie Sofie Sophy\nRaphaël Rafaël Rafael\nJoséphine Josefine\n"
    "Alphonse Alfonse\nTiphaine Tifaine Typhaine Tiphène\nDelphine Delfine",
    "CH, SH, SCH": "Rachid Rashid Rachide\nSacha Sasha Sascha\nNatacha Natasha\nAïcha Aisha Aicha Aycha\n"
    "Achraf Ashraf\nBachir Bashir\nChristian Kristian Cristian\nMichaël Mickaël Mikael Michael\n"
    "Zacharia Zakaria Zakariya\nJoachim Joakim\nCheikh Cheick Sheikh Cheik",
    "C, K, Q, QU, CK": "Éric Erik Erick Éryk\nJacques Jaques Jacque\nQuentin Kentin Quantin Kantin\n"
    "Carole Karole Carolle\nKarim Carim Kareem\nFrédéric Frederick Frédérick\nBoubacar Boubakar Bubacar\n"
    "Coulibaly Koulibaly Coulibali\nKoné Coné Kone\nCamara Kamara\nKhadija Khadidja Kadija\n"
    "Khaled Kaled Khalid\nBilal Bilel Billal\nDiallo Jallow\nDiarra Jarra\nTraoré Trawore",
    "S, Z, Ç, SS": "Françoise Francoise Fransoise\nIsabelle Izabelle Isabel\nMoussa Musa Mousa\nCissé Sissé Cisse\n"
    "Fayçal Faycal Faysal Faisal\nGonçalves Goncalves Gonsalves\nCécile Sésile Cecille\nGomez Gomes Gomès\n"
    "Lopez Lopès Lopes\nÉlisabeth Elizabeth Elisabet\nCédric Cédrick Sédric\nEnzo Enso",
    "G, J, GU, DJ": "Jérôme Gérôme Jerome\nGeoffrey Joffrey Géofrey\nGeorges George Jorges\nDjamila Jamila Djamilla\n"
    "Djibril Jibril\nGuillaume Guilaume Guillome\nHugues Hugue Ugues\nJean Jan Jehan\nAngélique Anjélique Angelik",
    "Y, I, LL": "Lucie Lucy Luci\nYanis Yannis Ianis\nRémy Rémi Remi\nThierry Tierry Thiéry\nCamille Camile Kamille\n"
    "Kylian Killian Kilian\nSylvie Silvie Sylvy\nCyril Cyrille Ciril\nMaryam Mariam Meriem Meryem\n"
    "Anthony Antony Antoni",
    "AU, EAU, O": "Aurélie Orélie Aurely\nThibault Thibaut Thibaud Tibo\nRenault Renaud Reno Renaut\n"
    "Moreau Moro Morot Morault\nPerrot Perrault Pérot\nClaude Klode\nLaura Lora",
    "AI, EI, É, ET": "Leïla Layla Leyla Laila\nAymeric Émeric Aimeric\nBonnet Boné Bonnets\nHélène Elène Hellène\n"
    "Solène Solenne Soleine\nKeïta Keita Kéta\nAudrey Audrée Odrey",
    "AN, EN, AM, EM": "Laurent Laurant Lorent\nLambert Lanbert Lembert\nFlorent Florant Florand\n"
    "Dembélé Dembele Denbélé\n"
    "Clément Clémant\nVincent Vinsent Vinsant\nDurand Durant Duran",
    "IN, AIN, EIN, YN": "Alain Allain Alin\nGermain Germin\nRomain Romin Romein\nKévin Kevin Quévin Kevyn\n"
    "Hussein Hussain Houssein Hossein Houcine",
    "ON, OM": "Simon Symon\nDupont Dupond Dupon\nToussaint Toussain Tousaint\nColombe Colonbe\nEdmond Edmon",
    "OU, W, U in transliterations": "Mohamed Mohammed Muhammad Mouhamad Mohamad Md\nOusmane Usman Osman Ousman\n"
    "Aïssatou Aissatou Aisatu Aïssatu\nWalid Oualid Waleed\nSouleymane Suleiman Soulaimane Suleyman\n"
    "Youssouf Yusuf Yousouf\nOumou Umu Oumu\nMamadou Mamadu\nFatoumata Fatumata\nNawal Naoual\nOumar Omar Umar\n"
    "Marwan Marouane Marouan\nOusseynou Housseynou Usseynou",
    "Arabic compounds": "Abdelkader Abdoulkader Abdulkader Abdel_Kader\nAbdallah Abdellah Abdoullah Abdullah\n"
    "Abderrahmane Abdourahmane Abdurrahman Abdul_Rahman\nAbdoulaye Abdulaye",
    "Arabic endings": "Yassine Yacine Yassin Yasin\nAmine Amin\nRayane Rayan\nSoufiane Sofiane Soufian Sufyan\n"
    "Hassane Hassan\nNoureddine Noureddin Nuredine\nUddin Uddine\nIbrahim Ebrahim Ibrahime\nAhmed Ahmad Ahmet",
    "doubled letters": "Anna Ana Hanna\nEmma Ema\nMathieu Matthieu Mathieux\nJohann Johan Yohann Yoann\nTiffany Tifany",
    "silent H and silent endings": "Sarah Sara\nNathan Natan\nThomas Tomas Thommas\nDenis Deni\nLouis Loui\n"
    "Benoît Benoit Benoi\nBernard Bernar\nRobert Rober\nLeclerc Leclerq Lecler\nDeschamps Deschamp Desshamps\n"
    "Leblanc Leblan\n"
    "Inès Ines Iness\nCharles Charle\nOlivier Olivié\nRoger Rogé\nLeroux Lerou",
}

APART = """
    Léa/Léo Léa/Lia Léo/Lio Emma/Émy Emma/Anna Éva/Ève Éva/Ava Lina/Léna Lina/Luna Lana/Lina Nina/Lina Mila/Mia
    Maya/Mia Maé/Maya Noa/Noé Noam/Noa Naël/Noël Naïm/Noam Adam/Adem Adam/Adan Eden/Adam Ilan/Alan Rayan/Ryan
    Mathis/Mathéo Théo/Léo Timéo/Théo Enzo/Kenzo Hugo/Enzo Axel/Alix Alix/Alexis Alex/Alexis Lucas/Louis Lucas/Luc
    Louis/Louise Jean/Jeanne Julien/Julie Julien/Julienne Clément/Clémence Martin/Martine Simon/Simone Yvon/Yvonne
    Laurent/Laurence Denis/Denise François/Françoise Florian/Floriane Lilian/Liliane Roman/Romane Valentin/Valentine
    Justin/Justine Augustin/Augustine Benjamin/Benjamine Antoine/Antonin Émile/Émilie Amélie/Émilie Maxime/Maxence
    Hassan/Hussein Hassane/Ousseynou Ahmed/Hamed Ahmed/Mohamed Mohamed/Mahmoud Mohamed/Mamadou Mamadou/Amadou
    Adama/Awa Amina/Aminata Amine/Amina Mariam/Myriam Mariama/Mariam Fatima/Fatoumata Fatou/Fatoumata Ibrahim/Ibrahima
    Sarah/Zahra Aïssa/Issa Aïssatou/Issa Diane/Jane Karim/Karima Farid/Farida Nour/Noura Elias/Élia Anas/Anna
    Inès/Ina Agnès/Annie Eliott/Élio Christine/Christiane Marie/Maria Marion/Marie Camille/Camélia Océane/Oriane
    Paul/Paula Claire/Clara Alice/Élise Lucie/Lucien Aya/Anya Jade/Jody Sofia/Sophie Salim/Sélim Yasmine/Yassine
    Dupont/Dupuis Martin/Marin Bernard/Renard Durand/Dumont Moreau/Morin Petit/Petrot Diallo/Diarra Traoré/Touré
"""


def spoken(token: str) -> str:
    return token.replace("_", " ")


GROUPS = [line.split() for block in HEARD_ALIKE.values() for line in block.strip().splitlines()]
AGREE = [(first, other) for first, *others in GROUPS for other in others]
DISAGREE = [tuple(pair.split("/")) for pair in APART.split()]


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(AGREE) >= 100
    assert len(DISAGREE) >= 60


@pytest.mark.parametrize(("first", "other"), AGREE)
def test_two_spellings_heard_alike_agree(first: str, other: str) -> None:
    assert phonetic(spoken(first)) == phonetic(spoken(other))


@pytest.mark.parametrize(("first", "other"), DISAGREE)
def test_two_names_of_siblings_do_not(first: str, other: str) -> None:
    assert phonetic(first) != phonetic(other)


def test_groups_heard_alike_stay_apart_from_one_another() -> None:
    codes = [(group[0], phonetic(spoken(group[0]))) for group in GROUPS]
    assert [(a, b) for (a, x), (b, y) in combinations(codes, 2) if x == y] == []


@pytest.mark.parametrize("name", ["", "  ", "-", "'", "1234", "?!"])
def test_no_letter_no_code(name: str) -> None:
    assert phonetic(name) == ""


@pytest.mark.parametrize("name", ["H", "S", "t", "X", "É", "Hh", "Y", "Œ", "Ng", "Et", "Es"])
def test_the_shortest_names_keep_a_code(name: str) -> None:
    assert phonetic(name)


def test_letters_of_other_scripts_are_kept() -> None:
    assert phonetic("Дмитрий") == phonetic("ДМИТРИЙ") != ""
    assert phonetic("محمد") != phonetic("أحمد")


NAMES = st.text(alphabet=st.characters(categories=["L"], max_codepoint=0x24F), min_size=1, max_size=20)


@given(NAMES)
def test_never_empty_and_only_sounds(name: str) -> None:
    code = phonetic(name)
    assert code
    assert code == code.lower()
    assert not re.search(r"(.)\1", code) or code == fold(name).lower()


@given(NAMES)
def test_case_and_accents_count_for_nothing(name: str) -> None:
    assert phonetic(fold(name)) == phonetic(fold(name).lower()) == phonetic(name)


@given(st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèç", min_size=5, max_size=9), min_size=2, max_size=3))
def test_how_words_are_joined_counts_for_nothing(words: list[str]) -> None:
    # words of five letters and more: none of them stands for another
    assert len({phonetic(sign.join(words)) for sign in ("", " ", "-", "'", "’", "  ", " - ", "\u00a0")}) == 1


def test_every_rule_gives_its_reason_and_serves() -> None:
    tokens = [spoken(token) for pair in [*AGREE, *DISAGREE] for token in pair]
    tokens += ["Cointet", "Bridget", "Tom", "Sow", "Joachim", "Maud", "Lelong", "Lebourg", "Ashley", "Ghislain", "Loup"]
    tokens += ["Aziz", "Nicolas", "Margot", "Priscilla", "Lecœur", "Steven", "Schmidt", "Noor", "Leloup", "Arnould"]
    for rule in RULES:
        assert rule.reason
    reached = set()
    for token in tokens:
        code = "".join(re.findall(r"[A-Z]+", fold(token)))
        for rule in RULES:
            after = re.sub(rule.pattern, rule.sound, code)
            if after != code:
                reached.add(rule.pattern)
            code = after
    assert [rule.reason for rule in RULES if rule.pattern not in reached] == []
