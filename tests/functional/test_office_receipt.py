"""One account's document in the office: the payer is masked as on the page, no code opens a cabinet."""

import pypdfium2
import pytest
from sqlalchemy import text
from webtest import TestApp

from startks.domain.security.masking import mask_name


@pytest.mark.parametrize("login", ["admin", "accountant"])
def test_the_payer_on_the_paper(wsgi_app, town, login):
    with town.engine.connect() as connection:
        row = connection.execute(
            text("""SELECT d.slug AS d, h.slug AS h, p.slug AS p, a.number AS n, a.id,
                           concat_ws(' ', q.last_name, q.first_name, q.middle_name) AS payer
                      FROM statement z JOIN account a ON a.id = z.account_id JOIN premise p ON p.id = a.premise_id
                      JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id
                      JOIN account_holder x ON x.account_id = a.id AND upper_inf(x.valid) AND x.payer
                      JOIN person q ON q.id = x.person_id
                     WHERE z.period = :period ORDER BY a.id LIMIT 1"""),
            {"period": town.periods[-1]},
        ).one()
        reader = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.43"})
        form = reader.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
        paper = reader.get(f"/office/{row.d}/{row.h}/{row.p}/{row.n}/@@receipt-pdf?period={town.periods[-1]}")
        with pypdfium2.PdfDocument(paper.body) as document:
            printed = document[0].get_textpage().get_text_range()
            assert document.count_attachments() == 1
        assert row.payer not in printed
        assert mask_name(row.payer) in printed
        assert "личного кабинета" not in printed
