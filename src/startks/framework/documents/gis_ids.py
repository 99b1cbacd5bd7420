"""Identifiers of ГИС ЖКХ printed on every payment document (ЖК РФ art. 155 p. 2; form of Приказ Минстроя 43/пр, section 1).

Three nested forms: the unified account ``ЕЛС`` is 2 digits + 2 Cyrillic capitals + 6 digits, the service
identifier adds ``-NN``, the payment document identifier adds ``-NNNN``. The meaning of the last four digits is
not published; only the form is checked.
"""

import re
from dataclasses import dataclass
from typing import Literal

from startks.base.errors import StartksError

_FORM = re.compile(r"([0-9]{2}[А-ЯЁ]{2}[0-9]{6})(?:-([0-9]{2})(?:-([0-9]{4}))?)?")

IdType = Literal["unified_account", "service", "payment_document"]


class BadGisId(StartksError):
    """The text has none of the three forms. ``code`` is the stable machine-readable reason."""

    code = "bad_gis_id"


@dataclass(frozen=True, slots=True)
class GisId:
    """A parsed identifier; parts the text does not hold are None."""

    id_type: IdType
    unified_account: str
    service_id: str | None
    document_part: str | None


def parse_gis_id(text: str) -> GisId:
    """Split an identifier into its parts. Raises :class:`BadGisId` for any other text."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise BadGisId(
            f"«{text}» не идентификатор ГИС ЖКХ: ждём 63КР104207, 63КР104207-02 или 63КР104207-02-1122 "
            "(буквы — русские заглавные); проверьте написание."
        )
    account, service, document = match.groups()
    if service is None:
        return GisId("unified_account", account, None, None)
    service_id = f"{account}-{service}"
    if document is None:
        return GisId("service", account, service_id, None)
    return GisId("payment_document", account, service_id, document)
