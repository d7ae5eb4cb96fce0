"""Values are written as people write them."""

from datetime import date

import pytest

from services.assist.customer.history import Fact, Value
from services.assist.wording import filled, shorten, written
from services.contracts.base import Language
from tests.fakes.scenes import at

TODAY = date(2026, 11, 20)
NB, THIN = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("name", "value", "french", "english"),
    [
        ("delivery_date", "2026-11-24", f"24{NB}novembre", f"24{NB}November"),
        ("delivery_date", "2026-12-01T00:00:00Z", f"1er{NB}décembre", f"1{NB}December"),
        (
            "appointment_at",
            "2026-12-01T14:30:00+01:00",
            f"1er{NB}décembre à 14{NB}h{NB}30",
            f"1{NB}December at 14:30",
        ),
        ("appointment_at", "2026-12-02T09:00", f"2{NB}décembre à 9{NB}h", f"2{NB}December at 9:00"),
        ("delivery_date", "2025-08-03", f"3{NB}août 2025", f"3{NB}August 2025"),
        ("delivery_date", "2026-99-99", "2026-99-99", "2026-99-99"),
        ("order_amount", 49.9, f"49,90{NB}€", "€49.90"),
        ("refund_amount", 1249, f"1{THIN}249{NB}€", "€1,249"),
        ("balance_eur", -12.5, f"-12,50{NB}€", "-€12.50"),
        ("order_amount", "49,90 €", "49,90 €", "49,90 €"),
        ("days_late", 6, "6", "6"),
        ("distance", 1234.5, f"1{THIN}234,5", "1,234.5"),
        ("is_vip", True, "oui", "yes"),
        ("carrier", " Colissimo ", "Colissimo", "Colissimo"),
    ],
)
def test_values(name: str, value: Value, french: str, english: str) -> None:
    fact = Fact(value, "CRM", at(0))
    assert written(name, fact, "fr", TODAY) == french
    assert written(name, fact, "en", TODAY) == english


def test_the_currency_is_that_of_the_label() -> None:
    fact = Fact(41.0, "Billing", at(0), "Monthly amount (£)")
    assert written("monthly_amount", fact, "en", TODAY) == "£41"
    assert written("monthly_amount", fact, "fr", TODAY) == f"41{NB}£"
    assert written("price", Fact(9.5, "ERP", at(0), "Prix (CHF)"), "fr", TODAY) == f"9,50{NB}CHF"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_placeholders(language: Language) -> None:
    facts = {"due": Fact("2026-11-24", "CRM", at(0)), "history.open_promise": Fact("x", "C", at(0))}
    month = "novembre" if language == "fr" else "November"
    text = filled("{history.open_promise}: {due}.", facts, language, TODAY)
    assert text == f"x: 24{NB}{month}."
    assert filled("{unknown}", facts, language, TODAY) is None
    assert filled("{} {Not a name}", facts, language, TODAY) == "{} {Not a name}"


def test_a_value_is_text_and_never_a_template() -> None:
    facts = {"note": Fact("{due}", "CRM", at(0)), "due": Fact("2026-11-24", "CRM", at(0))}
    assert filled("{note}", facts, "fr", TODAY) == "{due}"


def test_long_texts_are_cut_at_a_word() -> None:
    assert shorten("Un deux trois", 13) == "Un deux trois"
    assert shorten("Un deux, trois", 11) == "Un deux…"
    assert shorten("x" * 30, 10) == "x" * 9 + "…"
