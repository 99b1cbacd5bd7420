"""The factories make rows that hold together, also several of them in one session."""

from sqlalchemy import text

from tests.factories.houses import make_account, make_house


def test_a_house_with_accounts(session):
    house = make_house(session, flats=3, area="41.50")
    family = make_account(session, house.premises[0], residents=3)
    empty = make_account(session, house.premises[1], residents=0, tenure="tenant")
    second = make_house(session, number="7", flats=1)
    total = session.scalar(text("SELECT total_area FROM house_area WHERE house_id = :id"), {"id": house.house.id})
    assert str(total) == "124.50"
    people = session.execute(
        text("""SELECT a.id, count(r.id), min(h.tenure) FROM account a JOIN account_holder h ON h.account_id = a.id
                  LEFT JOIN residence r ON r.account_id = a.id GROUP BY a.id ORDER BY a.id""")
    ).all()
    assert [tuple(row) for row in people] == [(family.account.id, 3, "owner"), (empty.account.id, 0, "tenant")]
    assert family.account.number != empty.account.number
    assert second.house.district_id == house.house.district_id
