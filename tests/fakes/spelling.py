"""Says numbers in French and English words: the other direction of the number reader under test."""

_FR_WORDS = """
zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
dix-sept dix-huit dix-neuf
"""
_FR_UNITS = _FR_WORDS.split()
_FR_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}
_EN_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_EN_UNITS = _EN_WORDS.split()
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def french(number: int, *, swiss: bool = False, feminine: bool = False) -> str:
    """Return 0 <= ``number`` < 1,000,000 in the traditional spelling."""
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        head = "mille" if thousands == 1 else f"{_no_plural(french(thousands, swiss=swiss))} mille"
        return f"{head} {french(rest, swiss=swiss, feminine=feminine)}" if rest else head
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        head = "cent" if hundreds == 1 else f"{_FR_UNITS[hundreds]} cent"
        if rest:
            return f"{head} {french(rest, swiss=swiss, feminine=feminine)}"
        return head if hundreds == 1 else f"{head}s"
    said = _french_below_hundred(number, swiss=swiss)
    return f"{said}e" if feminine and said.endswith("un") else said


def _no_plural(said: str) -> str:
    return said[:-1] if said.endswith(("cents", "vingts")) else said


def _french_below_hundred(number: int, *, swiss: bool) -> str:
    if number < 20:
        return _FR_UNITS[number]
    tens, unit = divmod(number, 10)
    if swiss and tens in (7, 8, 9):
        stem = {7: "septante", 8: "huitante", 9: "nonante"}[tens]
        return stem if not unit else f"{stem} et un" if unit == 1 else f"{stem}-{_FR_UNITS[unit]}"
    if tens == 7:
        return "soixante et onze" if unit == 1 else f"soixante-{_FR_UNITS[10 + unit]}"
    if tens >= 8:
        rest = number - 80
        return f"quatre-vingt-{_FR_UNITS[rest]}" if rest else "quatre-vingts"
    stem = _FR_TENS[tens]
    return stem if not unit else f"{stem} et un" if unit == 1 else f"{stem}-{_FR_UNITS[unit]}"


def english(number: int) -> str:
    """Return 0 <= ``number`` < 1,000,000 in British English."""
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        head = f"{english(thousands)} thousand"
        if not rest:
            return head
        return f"{head} and {english(rest)}" if rest < 100 else f"{head} {english(rest)}"
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        head = f"{_EN_UNITS[hundreds]} hundred"
        return f"{head} and {english(rest)}" if rest else head
    if number < 20:
        return _EN_UNITS[number]
    tens, unit = divmod(number, 10)
    return f"{_EN_TENS[tens]}-{_EN_UNITS[unit]}" if unit else _EN_TENS[tens]
