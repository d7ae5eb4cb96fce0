"""Makes French rows with personal data said aloud, from fictitious profiles and own templates.

``python -m tests.evals.personal_rows --records records_fr.jsonl.gz --out FILE`` reads profiles
(EVI: ``name_first``, ``name_last``, ``postcode``, ``dob``, ``email``) and writes rows
``{"text","lang","spans"}`` for ``souffleur models eval pii``. The same seed gives the same rows.
"""

import argparse
import datetime as dt
import gzip
import json
import random
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.spelling import french

MONTH_NAMES = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
MONTHS = MONTH_NAMES.split()

TEMPLATES = [line for line in """
je m'appelle {person}
bonjour je m'appelle {person} je vous appelle pour ma facture
bonjour {person} à l'appareil
oui bonjour c'est {person}
alors c'est {person} j'avais appelé hier
mon nom c'est {family}
mon nom de famille c'est {family} et mon prénom {given}
mon prénom c'est {given}
prénom {given} nom {family}
c'est au nom de {person}
le contrat est au nom de {person}
la commande a été passée par {person}
c'est madame {family}
oui monsieur {family} à l'appareil
madame {family} bonjour je vous écoute
je suis monsieur {family} je rappelle
je suis {person} et je suis cliente chez vous
le titulaire du compte c'est {person}
alors {person} ça s'écrit {spelled}
ça s'épelle {spelled}
mon nom s'écrit {spelled}
je vous l'épelle {spelled_like}
c'est pour mon mari {person}
mon fils {given} n'arrive pas à se connecter
j'ai eu {given} au téléphone la semaine dernière
merci {given} bonne journée
vous pouvez demander {given} à l'accueil
{person}
mon code postal c'est {postcode}
c'est le {postcode} mon code postal
le code postal c'est le {postcode}
code postal {postcode}
alors {postcode} pour le code postal
le code postal de la livraison est {postcode}
ma date de naissance c'est le {dob}
je suis né le {dob}
je suis née le {dob}
date de naissance {dob}
née le {dob} à marseille
alors {dob}
le {dob}
il est né le {dob} et elle trois ans après
mon mail c'est {email}
mon adresse mail {email}
c'est {email}
envoyez-moi la facture sur {email}
alors l'adresse c'est {email} tout en minuscules
{email}
mon e-mail est toujours {email} n'est-ce pas
mon numéro c'est le {phone}
mon téléphone c'est {phone}
vous pouvez me joindre au {phone}
rappelez-moi au {phone} s'il vous plaît
alors {phone}
le {phone}
c'est le {phone} je répète
mon portable {phone}
le numéro de ma fille c'est {phone} si jamais
oui notez {phone} et appelez après dix-huit heures
mon iban c'est {iban}
voici mon rib {iban}
l'iban du compte {iban}
le numéro de ma carte c'est {card}
ma carte bleue {card}
la carte qui se termine par {last4}
les quatre derniers chiffres de la carte {last4}
mon numéro de sécurité sociale c'est le {nir}
numéro de sécu {nir}
mon numéro de client c'est le {number}
numéro client {number}
mon numéro de commande c'est le {number}
la commande numéro {number}
numéro de dossier {number}
mon numéro de contrat {number}
c'est la facture numéro {number}
la référence du dossier c'est {number}
j'habite {address}
mon adresse c'est {address}
c'est au {address}
je suis domicilié au {address} dans le {postcode}
livrez au {address} s'il vous plaît
j'ai déménagé au {address} le mois dernier
je m'appelle {person} mon numéro c'est {phone}
{person} né le {dob} code postal {postcode}
c'est {person} mon mail c'est {email}
donc nom {family} téléphone {phone} et mail {email}
bonjour madame alors je suis {person} j'habite {address} et ma date de naissance est le {dob}
""".strip().splitlines() if line]  # fmt: skip

STREET_NAMES = """
rue des Lilas|avenue Victor Hugo|boulevard de la République|rue du Moulin|impasse des Peupliers
place de la Mairie|chemin des Vignes|rue Jean Jaurès|allée des Acacias|quai de la Loire
rue de l'Église|avenue du Général de Gaulle|rue Pasteur|cours Gambetta|route de Bayonne
rue du Faubourg Saint-Antoine|boulevard Voltaire|square du Poitou|rue Émile Zola|rue de Verdun
"""
STREETS = STREET_NAMES.strip().replace("\n", "|").split("|")
SPELLING_WORDS = """
anatole berthe célestin désiré eugène françois gaston henri irma joseph kléber louis marcel
nicolas oscar pierre quintal raoul suzanne thérèse ursule victor william xavier yvonne zoé
"""
WORDS = dict(zip("abcdefghijklmnopqrstuvwxyz", SPELLING_WORDS.split(), strict=True))


class Speaker:
    """Says values the way callers do, and the recogniser writes them; one seeded dice."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def number(self, value: int) -> str:
        """Say a number, sometimes without hyphens."""
        said = french(value)
        return said.replace("-", " ") if self.dice.random() < 0.5 else said

    def digits(self, digits: str, size: int) -> str:
        """Say digits in groups of ``size``, a leading zero apart, at times with a hesitation."""
        parts: list[str] = []
        at = 0
        while at < len(digits):
            group = digits[at : at + size]
            at += len(group)
            stripped = group.lstrip("0")
            parts += ["zéro"] * (len(group) - len(stripped))
            if stripped:
                parts.append(self.number(int(stripped)))
            if at < len(digits) and self.dice.random() < 0.06:
                parts.append(self.dice.choice(("euh", "heu", "alors", "ensuite")))
        return " ".join(parts)

    def phone(self, _: dict[str, Any]) -> str:
        digits = (
            "0" + self.dice.choice("1234567679") + "".join(self.dice.choices("0123456789", k=8))
        )
        style = self.dice.random()
        if style < 0.1:
            return digits
        if style < 0.25:
            return self.dice.choice((" ", ".", "-")).join(re.findall("..", digits))
        if style < 0.35:
            return self.digits(digits, 1)
        if style < 0.42:
            return "plus trente-trois " + french(int(digits[1])) + " " + self.digits(digits[2:], 2)
        if style < 0.5:
            wrong = self.number(self.dice.randrange(10, 99))
            regret = self.dice.choice(("non pardon", "pardon", "euh non"))
            return f"{self.digits(digits[:6], 2)} {wrong} {regret} {self.digits(digits[6:], 2)}"
        return self.digits(digits, 2)

    def postcode(self, profile: dict[str, Any]) -> str:
        code = profile["postcode"]
        style = self.dice.random()
        if style < 0.15:
            return str(code)
        if style < 0.6:
            return ("zéro " if code.startswith("0") else "") + self.number(int(code))
        if style < 0.85:
            return self.digits(code[:2], 2) + " " + self.digits(code[2:], 3)
        return self.digits(code, 1)

    def dob(self, profile: dict[str, Any]) -> str:
        day = dt.date.fromisoformat(profile["dob"])
        style = self.dice.random()
        if style < 0.15:
            return day.strftime("%d/%m/%Y")
        if style < 0.3:
            return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        said = "premier" if day.day == 1 else self.number(day.day)
        if style < 0.85:
            return f"{said} {MONTHS[day.month - 1]} {self.number(day.year)}"
        pair = (self.digits(f"{part:02d}", 2) for part in (day.day, day.month))
        return " ".join((*pair, self.number(day.year)))

    def email(self, profile: dict[str, Any]) -> str:
        address = profile["email"]
        if self.dice.random() < 0.2:
            return str(address)
        local, _, domain = address.partition("@")
        said = [self._email_part(part) for part in re.findall(r"[a-z]+|\d+|.", local)]
        host = [self._email_part(part) for part in re.findall(r"[a-z]+|\d+|.", domain)]
        return " ".join((*said, self.dice.choice(("arobase", "arobase", "arobas", "at")), *host))

    def _email_part(self, part: str) -> str:
        if part.isdigit():
            return self.digits(part, 2)
        signs = {".": "point", "-": "tiret", "_": self.dice.choice(("underscore", "tiret du bas"))}
        return signs.get(part, part)

    def person(self, profile: dict[str, Any]) -> str:
        return f"{profile['name_first']} {profile['name_last']}"

    def given(self, profile: dict[str, Any]) -> str:
        return str(profile["name_first"])

    def family(self, profile: dict[str, Any]) -> str:
        return str(profile["name_last"])

    def spelled(self, profile: dict[str, Any]) -> str:
        letters = [char for char in _plain(profile["name_last"]) if char.isalpha()]
        return (" ".join(letters)).upper() if self.dice.random() < 0.5 else " ".join(letters)

    def spelled_like(self, profile: dict[str, Any]) -> str:
        letters = [char for char in _plain(profile["name_last"]) if char.isalpha()]
        return " ".join(f"{char} comme {WORDS[char]}" for char in letters)

    def iban(self, _: dict[str, Any]) -> str:
        bban = "".join(self.dice.choices("0123456789", k=23))
        check = 98 - int(bban + "152700") % 97
        digits = f"{check:02d}{bban}"
        if self.dice.random() < 0.4:
            return " ".join(re.findall(".{1,4}", "FR" + digits))
        return "F R " + self.digits(digits, self.dice.choice((1, 2, 2, 4)))

    def card(self, _: dict[str, Any]) -> str:
        digits = "4" + "".join(self.dice.choices("0123456789", k=15))
        if self.dice.random() < 0.4:
            return " ".join(re.findall("....", digits))
        return self.digits(digits, self.dice.choice((2, 2, 4)))

    def last4(self, _: dict[str, Any]) -> str:
        digits = "".join(self.dice.choices("0123456789", k=4))
        return digits if self.dice.random() < 0.4 else self.digits(digits, self.dice.choice((1, 2)))

    def nir(self, _: dict[str, Any]) -> str:
        pick = self.dice.randrange
        born = f"{pick(1, 3)}{pick(40, 99)}{pick(1, 13):02d}"
        digits = f"{born}{pick(1, 95):02d}{pick(1, 999):03d}{pick(1, 999):03d}"
        if self.dice.random() < 0.4:
            return digits
        sizes = (1, 2, 2, 2, 3, 3)
        parts, at = [], 0
        for size in sizes:
            parts.append(self.digits(digits[at : at + size], size))
            at += size
        return " ".join(parts)

    def number_code(self, _: dict[str, Any]) -> str:
        digits = "".join(self.dice.choices("123456789", k=self.dice.choice((5, 6, 8))))
        if self.dice.random() < 0.4:
            return digits
        return self.digits(digits, self.dice.choice((1, 2, 3)))

    def address(self, _: dict[str, Any]) -> str:
        number = self.dice.randrange(1, 180)
        street = self.dice.choice(STREETS)
        return f"{number if self.dice.random() < 0.4 else self.number(number)} {street}"


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def rows(profiles: list[dict[str, Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Return ``count`` rows; half in lower case as recognisers write, some without accents."""
    dice = random.Random(seed)
    speaker = Speaker(dice)
    made: list[dict[str, Any]] = []
    for index in range(count):
        profile = dice.choice(profiles)
        lower, bare = dice.random() < 0.5, dice.random() < 0.15

        def written(text: str, lower: bool = lower, bare: bool = bare) -> str:
            text = text.lower() if lower else text
            if not bare:
                return text
            decomposed = unicodedata.normalize("NFD", text)
            return "".join(char for char in decomposed if not unicodedata.combining(char))

        made.append(_fill(TEMPLATES[index % len(TEMPLATES)], speaker, profile, written))
    return made


def _fill(
    template: str, speaker: Speaker, profile: dict[str, Any], written: Callable[[str], str]
) -> dict[str, Any]:
    text, spans, at = "", [], 0
    for slot in re.finditer(r"\{(\w+)\}", template):
        text += written(template[at : slot.start()])
        kind = slot[1]
        value = written(getattr(speaker, "number_code" if kind == "number" else kind)(profile))
        spans.append({"start": len(text), "end": len(text) + len(value), "label": kind})
        text += value
        at = slot.end()
    text += written(template[at:])
    return {"text": text, "lang": "fr", "spans": spans}


def main() -> None:
    """Write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines = gzip.decompress(given.records.read_bytes()).decode().splitlines()
    made = rows([json.loads(line) for line in lines], given.count, given.seed)
    given.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made))


if __name__ == "__main__":
    main()
