from datetime import date

from bot.delivery.outbox import Place, delivery_key

PLACE, DAY = Place("T1", "C1"), date(2024, 4, 12)


def test_a_key_is_the_same_on_any_copy_and_short_enough_for_metadata():
    assert delivery_key(PLACE, "vault", DAY, "arxiv:2404.07413", 1) == "de01c94de8391fc52e48ff77c53905f2"


def test_each_field_of_a_message_changes_its_key():
    keys = {
        delivery_key(PLACE, "vault", DAY, None, 0),
        delivery_key(Place("T2", "C1"), "vault", DAY, None, 0),
        delivery_key(Place("T1", "C2"), "vault", DAY, None, 0),
        delivery_key(PLACE, "feed", DAY, None, 0),
        delivery_key(PLACE, "vault", date(2024, 4, 13), None, 0),
        delivery_key(PLACE, "vault", DAY, "k", 0),
        delivery_key(PLACE, "vault", DAY, None, 1),
    }
    assert len(keys) == 7
